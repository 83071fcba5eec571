/**
 * The text of commits: what git makes of a message before it stores it, and what it makes of commits
 * that other tools have written badly.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * A message as `git commit` cleans it: no blanks at the ends of lines, no empty lines at either end,
 * no two in a row, one newline at the end.
 */
export function cleanMessage(message: string): string {
  const lines = message.split("\n").map((line) => line.replace(/[ \t\r]+$/, ""));
  const text = lines.join("\n").replace(/\n{3,}/g, "\n\n").replace(/^\n+|\n+$/g, "");
  return text === "" ? "" : `${text}\n`;
}

const END_OF_HEADERS = "\n\n";
const PERSON = /^(author|committer) (.*)$/gm;
const GOOD_PERSON = /^.* <.*> -?\d+ [+-]\d{4}$/;
const PERSON_PARTS = /^([^<]*)<?([^>]*)>?[^\d-]*(-?\d+)? *([+-]\d{4})?/;

/**
 * A commit's bytes as isomorphic-git can read them: in UTF-8, with an author and a committer in git's
 * form. Git itself takes what is otherwise, and real histories have it.
 */
export function legibleCommit(data: Uint8Array): Uint8Array {
  const latin1 = Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
  const end = latin1.indexOf(END_OF_HEADERS);
  const headers = end < 0 ? latin1.trimEnd() : latin1.slice(0, end);
  const encoding = /^encoding (.*)$/m.exec(headers)?.[1];
  const people = [...headers.matchAll(PERSON)];
  const isGood = people.length === 2 && people.every(([, , person]) => GOOD_PERSON.test(person!));
  if (isGood && end >= 0 && encoding === undefined) return data;
  const text = decode(data, encoding);
  const bodyAt = text.indexOf(END_OF_HEADERS);
  const [head, body] = bodyAt < 0
    ? [text.trimEnd(), ""]
    : [text.slice(0, bodyAt), text.slice(bodyAt + 2)];
  const unnamed = ["author", "committer"].filter((key) => !people.some(([, name]) => name === key));
  return Buffer.from([
    head.replace(PERSON, (_, key: string, person: string) => `${key} ${goodPerson(person)}`),
    ...unnamed.map((key) => `${key} ${goodPerson("")}`),
    "",
    body,
  ].join("\n"));
}

function goodPerson(person: string): string {
  if (GOOD_PERSON.test(person)) return person;
  const [, name, email, timestamp = "0", zone = "+0000"] = PERSON_PARTS.exec(person) ?? [];
  return `${name!.trim()} <${email}> ${timestamp} ${zone}`;
}

/** Decodes with an encoding as a commit names it; UTF-8 where nobody knows it, as git does. */
function decode(data: Uint8Array, encoding: string | undefined): string {
  try {
    return new TextDecoder(encoding).decode(data);
  } catch {
    return new TextDecoder().decode(data);
  }
}
