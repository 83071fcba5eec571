/**
 * Secrets that can be told by their shape.
 *
 * None of these expressions tries a stretch of text more than a few times: what repeats is bounded, or
 * cannot begin anew inside itself.
 *
 * @module
 */

/** Stands where a secret was. */
export const REDACTED = "[redacted]";

const TOKENS = [
  "gh[opsur]_[A-Za-z0-9]{16,}",
  "github_pat_\\w{16,}",
  "gl[a-z]{2,8}-[\\w-]{16,}",
  "npm_[A-Za-z0-9]{16,}",
  "pypi-[\\w-]{16,}",
  "sk-[\\w-]{16,}",
  "[srp]k_(?:live|test)_\\w{16,}",
  "xox[a-z]-[\\w-]{10,}",
  "xapp-[\\w-]{10,}",
  "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])",
  "AIza[\\w-]{30,}",
  "hf_[A-Za-z0-9]{16,}",
  "SG\\.[\\w-]{16,}\\.[\\w-]{4,}",
  "do[opr]_v1_[A-Za-z0-9]{16,}",
  "ya29\\.[\\w-]{16,}",
  "eyJ[\\w-]{8,}\\.[\\w-]{8,}(?:\\.[\\w-]*)?",
];

/** Each is replaced by the text behind it, in this order. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
    REDACTED,
  ],
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie)(\\?["'])?([ \t]{0,4}:[ \t]{0,4})(\\?["'])?(?!\[redacted\])[^\s"'\\][^\r\n"'\\]*/gi,
    `$1$2$3$4${REDACTED}`,
  ],
  // Behind `//`, up to the last `@` before the path. A name without a password is a token in http.
  [/:\/\/([^\s/?#"'<>:@\\]{0,200}):[^\s/?#"'<>\\]*@/g, `://$1:${REDACTED}@`],
  [/\b(https?):\/\/(?!\[redacted\])[^\s/?#"'<>:@\\]+@/gi, `$1://${REDACTED}@`],
  [
    /([?&#;][\w.-]{0,40}(?:token|key|secret|password|passwd|pwd|signature|sig|credential|auth|code)=)(?!\[redacted\])[^\s&#;"'<>\\]+/gi,
    `$1${REDACTED}`,
  ],
  [
    /\b(bearer|basic)([ \t]{1,4})(?=[A-Za-z+/._~-]{0,200}[0-9=])[A-Za-z0-9+/._~-]{8,}={0,2}/gi,
    `$1$2${REDACTED}`,
  ],
  [new RegExp(`(?<![A-Za-z0-9_-])(?:${TOKENS.join("|")})`, "g"), REDACTED],
];

/** The text without the secrets that their shape gives away. */
export function hidePatterns(text: string): string {
  let hidden = text;
  for (const [pattern, replacement] of PATTERNS) hidden = hidden.replace(pattern, replacement);
  return hidden;
}
