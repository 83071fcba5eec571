/**
 * What a command may do, in Deno's words: checked, and complete.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { isAbsolute, normalize } from "@std/path/posix";
import type { Permissions } from "./types.ts";

/** Permissions with every key decided. */
export interface Grants {
  /** Whether the workspace's files are there to read and to write. */
  readonly workspace: "none" | "read" | "write";
  /** Paths of this machine that it may read besides. */
  readonly readPaths: readonly string[];
  /** Paths of this machine that it may write besides. */
  readonly writePaths: readonly string[];
  /** All of the network, none of it, or these hosts only. */
  readonly net: boolean | readonly string[];
  /** The small environment, nothing of it, or these variables of this process besides. */
  readonly env: boolean | readonly string[];
  /** Any program, or these only. */
  readonly run: boolean | readonly string[];
}

const DEFAULTS: Required<Permissions> = {
  read: true,
  write: true,
  net: false,
  env: true,
  run: true,
};

/** The permissions of a command for which nobody has said anything. */
export const DEFAULT_GRANTS: Grants = grantsOf({});

/**
 * Completes permissions: what the first leave out, the next decide.
 *
 * @throws {TypeError} where they contradict each other.
 */
export function grantsOf(...permissions: readonly Permissions[]): Grants {
  const key = <Name extends keyof Permissions>(name: Name): boolean | readonly string[] =>
    permissions.map((one) => one[name]).find((value) => value !== undefined) ?? DEFAULTS[name];
  const [read, write] = [key("read"), key("write")];
  if (read === false && write !== false) {
    throw new TypeError(
      "Cannot use the option permissions: what can be written can be read; " +
        "with read: false pass write: false as well",
    );
  }
  return {
    workspace: read === false ? "none" : write === false ? "read" : "write",
    readPaths: pathsOf(read),
    writePaths: pathsOf(write),
    net: listOr(key("net")),
    env: listOr(key("env")),
    run: listOr(key("run")),
  };
}

/** @throws {TypeError} naming the key that is unknown, or whose value no permission has. */
export function checkPermissions(permissions: Permissions): void {
  const cannot = "Cannot use the option permissions:";
  if (typeName(permissions) !== "object") {
    throw new TypeError(`${cannot} it is an object, not ${typeName(permissions)}`);
  }
  for (const [name, value] of Object.entries(permissions)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new TypeError(
        `${cannot} there is no permission ${JSON.stringify(name)}; there are ` +
          Object.keys(DEFAULTS).join(", "),
      );
    }
    if (value === undefined || typeof value === "boolean") continue;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && item !== "")) {
      throw new TypeError(`${cannot} ${name} is true, false, or an array of strings`);
    }
    const impossible = name === "env" ? value.find((one) => /[=\0]/.test(one)) : undefined;
    if (impossible !== undefined) {
      throw new TypeError(
        `${cannot} env names ${
          JSON.stringify(impossible)
        }, and the name of a variable holds no = ` +
          "and no NUL",
      );
    }
    if (name !== "read" && name !== "write") continue;
    const relative = value.find((path) => !isAbsolute(path) || path.includes("\0"));
    if (relative !== undefined) {
      throw new TypeError(
        `${cannot} ${name} names ${JSON.stringify(relative)}, and its paths are absolute ones of ` +
          "this machine",
      );
    }
  }
}

function pathsOf(value: boolean | readonly string[]): string[] {
  if (typeof value === "boolean") return [];
  return value.map((path) => normalize(path).replace(/(?<=.)\/$/, ""));
}

/** An empty list allows nothing. */
function listOr(value: boolean | readonly string[]): boolean | readonly string[] {
  return typeof value !== "boolean" && value.length === 0 ? false : value;
}
