/**
 * Who did something and when, as git writes it into commits and reflogs.
 *
 * @module
 */

/** A person and a moment. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Whole seconds since 1970. */
  readonly timestamp: number;
  /** Minutes that UTC is ahead of the local time, as `Date.getTimezoneOffset`: `+0200` is -120. */
  readonly timezoneOffset: number;
}

/** A signature as one line: `Name <email> 1700000000 +0200`. */
export function formatSignature(signature: Signature): string {
  const { name, email, timestamp, timezoneOffset } = cleanSignature(signature);
  const minutes = Math.abs(timezoneOffset);
  const sign = timezoneOffset > 0 ? "-" : "+";
  const zone = String(Math.floor(minutes / 60) * 100 + minutes % 60).padStart(4, "0");
  return `${name} <${email}> ${timestamp} ${sign}${zone}`;
}

const TIME = /^ *(-?\d+)? *([+-]\d+)?/;

/**
 * A signature out of such a line. One that another tool has written badly is read as git reads it: what
 * is missing is empty, and a time that is none is 0.
 */
export function parseSignature(line: string): Signature {
  const open = line.indexOf("<");
  const [name, address] = open < 0 ? [line, ""] : [line.slice(0, open), line.slice(open + 1)];
  const close = address.indexOf(">");
  const behind = address.slice(address.lastIndexOf(">") + 1);
  const [, timestamp = "0", zone = "0"] = (close < 0 ? null : TIME.exec(behind)) ?? [];
  const minutes = Math.trunc(Number(zone) / 100) * 60 + Number(zone) % 100;
  return {
    name: name.trim(),
    email: close < 0 ? address : address.slice(0, close),
    timestamp: Number(timestamp),
    timezoneOffset: 0 - minutes,
  };
}

/** The signature without the characters that git leaves out of names and addresses. */
export function cleanSignature(signature: Signature): Signature {
  return { ...signature, name: clean(signature.name), email: clean(signature.email) };
}

const CRUD = /^[ \p{Cc},:;<>"\\']+|[ \p{Cc},:;<>"\\']+$/gu;

/** Without what would end a name early, and without what git strips from both ends. */
function clean(text: string): string {
  return text.replace(/[<>\n\0]/g, "").replace(CRUD, "");
}
