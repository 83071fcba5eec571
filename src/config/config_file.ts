/**
 * The text of a configuration file: read with care, and never out of what an agent can write.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { absolutePath } from "../platform/absolute_path.ts";
import { messageOf } from "../platform/failure.ts";
import { errorCode, isDenied, isMissing, realPath } from "../platform/fs.ts";
import { WaryFile } from "../platform/wary_file.ts";
import { isOurs } from "../registry/ours.ts";
import { basename, dirname, join } from "@std/path/posix";
import { configError } from "./failure.ts";

const MAX_BYTES = 1 << 20;

/** @throws {TypeError} where `file` is no path and no `file:` URL. */
export function absoluteFile(file: string | URL): string {
  const path = absolutePath(file);
  if (path !== null) return path;
  throw new TypeError(
    "Cannot load a configuration: the path of its file is a text that is not empty and holds no " +
      "NUL, or a file: URL",
  );
}

/**
 * The text of the file at `path`; a link is followed.
 *
 * @throws {ConfigError} where it cannot be read or is no text, and where an agent can write it.
 */
export function readConfigFile(path: string): string {
  const bytes = readBytes(path);
  if (bytes.length > MAX_BYTES) throw refusal(path, TOO_LARGE);
  if (bytes.includes(0)) {
    throw refusal(path, "it is a binary file; give one with TOML, which is text");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refusal(path, "it is not UTF-8; save it as that");
  }
}

function readBytes(path: string): Uint8Array {
  let real: string | null = null;
  try {
    real = realPath(path);
    if (real === null) throw refusal(path, MISSING);
    if (isOurs(real) || isOurs(unfollowed(path))) {
      throw refusal(path, "agents can write there; keep it outside of workspaces");
    }
    using file = new WaryFile(real);
    const { isFile, isDirectory } = file.stat();
    if (!isFile) throw refusal(path, `it is ${isDirectory ? "a directory" : "no file"}; ${GIVE}`);
    // However large it is, or says that it is.
    const buffer = new Uint8Array(MAX_BYTES + 1);
    return buffer.subarray(0, file.read(buffer));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refusal(path, ruleOf(error, real ?? path));
  }
}

/** Where the file itself is, which can be a link: whoever can put one there chooses what is read. */
function unfollowed(path: string): string {
  try {
    return join(realPath(dirname(path)) ?? dirname(path), basename(path));
  } catch (error) {
    // Only the file may be looked at: then its path is taken at its word.
    if (isDenied(error) || errorCode(error) !== null) return path;
    throw error;
  }
}

function ruleOf(error: unknown, path: string): string {
  if (isDenied(error)) return `Deno may not read it; run with --allow-read=${path}`;
  if (isMissing(error)) return MISSING;
  if (errorCode(error) === "EACCES") return "this user may not read it; change its permissions";
  return messageOf(error);
}

function refusal(path: string, message: string): ConfigError {
  return configError([{ key: null, line: null, column: null, message }], path);
}

const GIVE = "give the path of a TOML file";
const MISSING = `there is no such file; ${GIVE}`;
const TOO_LARGE = `it has over 1 MiB; ${GIVE}`;
