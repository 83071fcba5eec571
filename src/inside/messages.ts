/**
 * What this process and its helper say to each other about files. Each request has a number, and all
 * that is said about it bears that number.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import {
  DirectoryNotEmptyError,
  EncodingError,
  FileExistsError,
  FileNotFoundError,
  IsADirectoryError,
  NotADirectoryError,
  PathError,
  SandboxError,
} from "../errors.ts";
import type { FileInfo, WriteOptions } from "../files/types.ts";
import { isOid } from "../git/object.ts";

/** What can be asked of the helper: for each verb what it is given, and what it answers. */
export interface Verbs {
  exists: { given: [path: string]; answer: boolean };
  stat: { given: [path: string]; answer: SentInfo };
  /** Answered with `null`, after the entries. */
  listDir: { given: [path: string, recursive: boolean]; answer: null };
  copy: { given: [from: string, to: string]; answer: FileEffect };
  move: { given: [from: string, to: string]; answer: FileEffect };
  delete: { given: [path: string, recursive: boolean]; answer: FileEffect };
  mkdir: { given: [path: string]; answer: FileEffect };
  symlink: { given: [target: string, path: string]; answer: FileEffect };
  readLink: { given: [path: string]; answer: string };
  chmod: { given: [path: string, mode: number]; answer: FileEffect };
  /** Where a file can be written: the rooted path. */
  locate: { given: [path: string, options: WriteOptions]; answer: string };
  /** The content comes in pieces, which the helper asks for one by one. */
  writeFile: { given: [path: string, options: WriteOptions]; answer: FileEffect };
  /** Opens a file to read it; answered with a number that stands for it. */
  open: { given: [path: string]; answer: number };
  /** The next bytes come behind the answer, which says whether there were any. */
  read: { given: [file: number, size: number]; answer: boolean };
  close: { given: [file: number]; answer: null };
}

/** The name of something that can be asked. */
export type Verb = keyof Verbs;

/** The name of something that changes files. */
export type ChangingVerb = {
  [Name in Verb]: Verbs[Name]["answer"] extends FileEffect ? Name : never;
}[Verb];

/** What this process says. */
export type Request =
  | { readonly id: number; readonly kind: "call"; readonly verb: Verb; readonly given: unknown[] }
  /** More content, in the bytes of the frame. */
  | { readonly id: number; readonly kind: "piece" }
  | { readonly id: number; readonly kind: "end" }
  /** There will be no more content, and what has come is not to be used. */
  | { readonly id: number; readonly kind: "abort" }
  /** Asks for a sign of life. */
  | { readonly id: number; readonly kind: "ping" };

/** What the helper says. */
export type Answer =
  | { readonly id: number; readonly kind: "answer"; readonly value: unknown }
  | { readonly id: number; readonly kind: "error"; readonly error: SentError }
  | { readonly id: number; readonly kind: "entries"; readonly entries: SentInfo[] }
  /** Asks for the next piece of content. */
  | { readonly id: number; readonly kind: "next" }
  | { readonly id: number; readonly kind: "pong" };

/** A {@linkcode FileInfo} as it is sent: JSON has no dates, and the name is in the path. */
export type SentInfo = Omit<FileInfo, "mtime" | "name"> & { readonly mtime: number | null };

/** Takes a {@linkcode FileInfo} apart. */
export function packInfo({ mtime, name: _, ...rest }: FileInfo): SentInfo {
  return { ...rest, mtime: mtime.getTime() };
}

/** Puts it together again. */
export function unpackInfo(sent: SentInfo): FileInfo {
  const { path, isFile, isDirectory, isSymlink, size, mtime, mode } = sent;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, path, isFile, isDirectory, isSymlink, size, mtime: new Date(mtime ?? NaN), mode };
}

/**
 * An effect that has come. It goes into a log that others trust, and the helper works beside the command:
 * so it is taken only in the shape that it must have.
 *
 * @throws {SandboxError} where it has another.
 */
export function checkedEffect(sent: FileEffect): FileEffect {
  const { path, from, sizeBefore, sizeAfter, oidBefore, oidAfter, entries } = sent ?? {};
  const isPath = (value: unknown) => typeof value === "string" && value.startsWith("/");
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isId = (value: unknown) => typeof value === "string" && isOid(value);
  const isGood = isPath(path) && (from === undefined || isPath(from)) &&
    [sizeBefore, sizeAfter].every((size) => size === null || isCount(size)) &&
    [oidBefore, oidAfter].every((oid) => oid === null || isId(oid)) &&
    (entries === undefined || isCount(entries));
  if (!isGood) {
    throw new SandboxError(
      "Cannot tell what was done to the files inside the sandbox: the helper's answer is malformed",
    );
  }
  return {
    path,
    ...(from === undefined ? {} : { from }),
    sizeBefore,
    sizeAfter,
    oidBefore,
    oidAfter,
    ...(entries === undefined ? {} : { entries }),
  };
}

/** An error as it is sent. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly path: string | null;
  readonly cause: string | null;
}

const ABOUT_PATHS = {
  PathError,
  FileNotFoundError,
  FileExistsError,
  NotADirectoryError,
  IsADirectoryError,
  DirectoryNotEmptyError,
  EncodingError,
} as const;

const ABOUT_ARGUMENTS = { TypeError, RangeError } as const;

/** Takes an error apart. */
export function packError(error: unknown): SentError {
  if (!(error instanceof Error)) {
    return { name: "", message: String(error), path: null, cause: null };
  }
  return {
    name: error instanceof PathError ? error.code : error.name,
    message: error.message,
    path: error instanceof PathError ? error.path : null,
    cause: error.cause instanceof Error ? error.cause.message : null,
  };
}

/** Puts it together again; what no file method throws is a fault of the helper. */
export function unpackError({ name, message, path, cause }: SentError): Error {
  const options = cause === null ? {} : { cause: new Error(cause) };
  if (name in ABOUT_PATHS && path !== null) {
    return new ABOUT_PATHS[name as keyof typeof ABOUT_PATHS](message, path, options);
  }
  if (name in ABOUT_ARGUMENTS) {
    return new ABOUT_ARGUMENTS[name as keyof typeof ABOUT_ARGUMENTS](message, options);
  }
  return new SandboxError(`Cannot work on files inside the sandbox: ${message}`, options);
}
