/**
 * Writes entries into a file, for other programs to read.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { randomId } from "../names.ts";
import { chmod, OpenFile, removeFile, rename } from "../platform/fs.ts";
import type { AuditEntry, AuditFormat } from "./types.ts";
import { extname } from "@std/path/posix";

/** How a format puts entries into text. */
interface Writing {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  entry(entry: AuditEntry): string;
}

const FIELDS = [
  "id",
  "timestamp",
  "workspace",
  "agentId",
  "sessionId",
  "operation",
  "path",
  "details",
] as const;

const WRITINGS: Readonly<Record<AuditFormat, Writing>> = {
  json: { begin: "[\n", between: ",\n", end: "\n]\n", entry: (entry) => JSON.stringify(entry) },
  jsonl: { begin: "", between: "\n", end: "\n", entry: (entry) => JSON.stringify(entry) },
  csv: {
    begin: `${FIELDS.join(",")}\r\n`,
    between: "\r\n",
    end: "\r\n",
    entry: (entry) => FIELDS.map((field) => cell(entry[field])).join(","),
  },
};

/**
 * The format that is asked for, or that a file's name tells.
 *
 * @throws {TypeError} where there is no such format.
 */
export function formatOf(file: string, format?: AuditFormat): AuditFormat {
  if (format === undefined) {
    const extension = extname(file).slice(1).toLowerCase();
    return Object.hasOwn(WRITINGS, extension) ? extension as AuditFormat : "json";
  }
  if (typeof format === "string" && Object.hasOwn(WRITINGS, format)) return format;
  throw new TypeError(
    `Cannot export the audit log: format is "json", "jsonl" or "csv", not ${
      typeof format === "string" ? JSON.stringify(format) : typeName(format)
    }`,
  );
}

/** Writes the entries into `file`, which is there whole or not at all; returns how many they are. */
export async function writeEntries(
  file: string,
  format: AuditFormat,
  pages: AsyncIterable<readonly AuditEntry[]>,
): Promise<number> {
  const { begin, between, end, entry } = WRITINGS[format];
  const temporary = `${file}.${randomId(10)}.tmp`;
  const encoder = new TextEncoder();
  let entries = 0;
  try {
    {
      using output = new OpenFile(temporary, { write: true, createNew: true, mode: 0o600 });
      output.write(encoder.encode(begin));
      for await (const page of pages) {
        const text = page.map(entry).join(between);
        output.write(encoder.encode(entries > 0 ? between + text : text));
        entries += page.length;
      }
      if (entries > 0) output.write(encoder.encode(end));
      else if (format === "json") output.write(encoder.encode("]\n"));
      output.sync();
    }
    chmod(temporary, 0o600);
    rename(temporary, file);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
  return entries;
}

/** A field as RFC 4180 has it; nothing stands for `null`. */
function cell(value: unknown): string {
  if (value === null) return "";
  const text = value instanceof Date
    ? value.toISOString()
    : typeof value === "object"
    ? JSON.stringify(value)
    : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
