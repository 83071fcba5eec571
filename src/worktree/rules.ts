/**
 * The ignore rules that hold at the root of a base and of its workspaces, before any `.gitignore` of
 * their own: those of the configuration, of the repository, and of a repository around the base.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { writeTextAtomic } from "../platform/atomic.ts";
import { errorCode, homeDirectory, isDenied, readFile, readTextFile } from "../platform/fs.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { parseConfig } from "../git/config.ts";
import { IgnoreRules } from "./ignore.ts";
import { relative } from "@std/path/posix";

/**
 * Reads the rules.
 *
 * @throws {StoreError} where a file of rules is there and cannot be read.
 */
export function rootRules(base: OpenBase): IgnoreRules {
  const { enclosing, layout } = base;
  const own = IgnoreRules.from([{ text: userRules(base) }]);
  const common = enclosing?.commonDirectory ?? base.repository?.commonDirectory;
  if (common === undefined) return own;
  let rules = own.withGitignore(readRules(`${common}/info/exclude`));
  if (enclosing === null) return rules;
  let directory = enclosing.root;
  rules = rules.withGitignore(readRules(`${directory}/.gitignore`));
  for (const name of relative(enclosing.root, layout.base).split("/")) {
    // A base that the repository around it ignores is no part of it, nor are its rules for the base.
    if (rules.ignores(name, true)) return own;
    directory = `${directory}/${name}`;
    const text = directory === layout.base ? null : readRules(`${directory}/.gitignore`);
    rules = rules.enter(name, text);
  }
  return rules;
}

/**
 * Tells the git that is run in a workspace the same rules, as far as they are not in files that it finds
 * by itself. Only in a store of our own: nothing is written to the owner's `info/exclude`.
 */
export function writeRootRules(base: OpenBase): void {
  if (!base.ownsStore) return;
  const path = `${base.layout.commonDirectory}/info/exclude`;
  const text = rootRules(base).toGitignore();
  if (readTextFile(path) === text) return;
  writeTextAtomic(path, text, { temporary: base.session.storeTemporary(), durable: false });
}

/**
 * A file with the rules of the configuration and of the user, for a `core.excludesFile` of the git that
 * is run in a workspace: they are in no file of the repository. `null` where there are none.
 */
export function userRulesFile(base: OpenBase): string | null {
  const text = userRules(base);
  if (text === "") return null;
  const path = base.layout.userRules;
  if (readTextFile(path) !== text) {
    writeTextAtomic(path, text, { temporary: base.session.storeTemporary(), durable: false });
  }
  return path;
}

function userRules(base: OpenBase): string {
  return [...base.settings.exclude, userExcludes(base)].join("\n");
}

/** The user's own `core.excludesFile`, where Deno's permissions let it be read. */
function userExcludes(base: OpenBase): string {
  const home = homeDirectory();
  const configured = base.configValue("core.excludesFile") ?? globalExcludesFile(home) ??
    (home && `${home}/.config/git/ignore`);
  if (!configured) return "";
  return readRules(configured.replace(/^~(?=\/)/, home ?? "~"), true);
}

function globalExcludesFile(home: string | null): string | null {
  if (home === null) return null;
  const settings = parseConfig(readRules(`${home}/.gitconfig`, true));
  return settings.findLast(([key]) => key === "core.excludesfile")?.[1] ?? null;
}

function readRules(path: string, outside = false): string {
  try {
    return new TextDecoder().decode(readFile(path) ?? new Uint8Array());
  } catch (cause) {
    if (outside && (isDenied(cause) || errorCode(cause) === "EACCES")) return "";
    throw new StoreError(`Cannot tell what is ignored: ${path} cannot be read`, { cause });
  }
}
