/**
 * Settings out of a TOML file. The parser is loaded with the first of them, since that takes 2 ms.
 *
 * @module
 */

import { dirname } from "@std/path/posix";
import { check, type Source } from "./check.ts";
import { configError } from "./failure.ts";
import { absoluteFile, readConfigFile } from "./config_file.ts";
import { tomlName } from "./keys.ts";
import { tomlPositions } from "./toml_positions.ts";
import type { ConfigInput } from "./types.ts";

/**
 * The settings in a file.
 *
 * @throws {ConfigError} where the file or anything in it cannot be used.
 */
export async function load(file: string | URL): Promise<ConfigInput> {
  const path = absoluteFile(file);
  const text = readConfigFile(path);
  const values = await parsed(text, path);
  const source: Source = {
    spell: tomlName,
    table: "a table",
    directory: dirname(path),
    places: () => tomlPositions(text),
  };
  const { values: right, problems } = check(values, source);
  if (problems.length > 0) throw configError(problems, path);
  return right;
}

async function parsed(text: string, path: string): Promise<object> {
  const { parse, TomlError } = await import("@std/toml");
  try {
    return parse(text);
  } catch (error) {
    // Its own message shows lines of the file, in which secrets can be.
    const { line = null, column = null, message = "" } = error instanceof TomlError ? error : {};
    const rule = SYNTAX.find(([said]) => said.test(message))?.[1] ?? "this is no TOML";
    throw configError([{ key: null, line, column, message: rule }], path);
  }
}

/** What the parser finds wrong, and what would be right. */
const SYNTAX: readonly (readonly [said: RegExp, rule: string])[] = [
  [/^[^\n]*redefine/, "this key or table is set already; set it once"],
  [/^[^\n]*unfinished string/, "this string has no end; close it with the quote it begins with"],
  [/^[^\n]*unfinished (table|array)/, "this has no end; close it with its bracket"],
  [/^[^\n]*expected comma/, "a comma or a closing bracket must be here"],
  [/^[^\n]*end-of-line/, "nothing but a comment can follow a value on its line"],
  [/^[^\n]*escape/, "there is no such escape in a string; for a backslash write two, or use '…'"],
  [/^[^\n]*control characters/, "a control character is here; write it as an escape"],
  [/^[^\n]*key/, 'a key must be here, and "=" behind it; other than A-Z a-z 0-9 _ - in quotes'],
  [/^[^\n]*nested/, "this is nested too deep"],
  [/^[^\n]*losslessly/, "this whole number is too large"],
  [
    /^[^\n]*(value|zero|underscore|numeric|date)/,
    'this is no value: texts are in quotes, "…"; others are numbers, true, false, […] and {…}',
  ],
];
