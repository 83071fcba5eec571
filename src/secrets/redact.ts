/**
 * Replaces what looks like a secret, in texts that are written down or said aloud.
 *
 * This is a net with holes: a password that stands alone looks like any other word. Every kind of text is
 * searched in time that grows with its length only, since agents choose the texts.
 *
 * @module
 */

import { hideNamed } from "./names.ts";
import { hidePatterns } from "./patterns.ts";

/** What {@linkcode redactText} replaces, for people to read. */
export const REDACTIONS: readonly string[] = [
  "user names with passwords in URLs (`https://user:password@host`), and tokens in that place",
  "values in the query of a URL whose names say token, key, secret, password, signature or code",
  "`Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` headers; `Bearer …` and `Basic …`",
  "values of options and assignments whose names say password, passphrase, secret, token, API key, " +
  "access key, private key, credential, authorization or cookie (`--token x`, `API_KEY=x`, " +
  '`"password": "x"`)',
  "tokens of a known shape: GitHub, GitLab, npm, PyPI, OpenAI and Anthropic (`sk-…`), Stripe, Slack, " +
  "AWS (`AKIA…`), Google (`AIza…`, `ya29.…`), JSON Web Tokens",
  "private keys in PEM",
];

/** The text without what looks like a secret; again, it stays as it is. */
export function redactText(text: string): string {
  return hideNamed(hidePatterns(text));
}
