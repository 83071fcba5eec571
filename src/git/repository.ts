/**
 * What a directory is to git: the top of a repository's work tree, or not.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { isDenied, lstat, readDirectory, readTextFile, realPath, stat } from "../platform/fs.ts";
import { GitConfig } from "./config.ts";
import { RefReader, symbolicTarget } from "./ref_reader.ts";
import { dirname, resolve } from "@std/path/posix";

/** Where git keeps what belongs to one work tree. */
export interface GitDirectories {
  /** The top of the work tree. */
  readonly root: string;
  /** Of this work tree: `HEAD`, `index`. */
  readonly gitDirectory: string;
  /** Of all work trees of the repository: `objects`, `refs`, `config`. */
  readonly commonDirectory: string;
}

/** A directory that is the top of a work tree. */
export interface Repository extends GitDirectories {
  readonly kind: "repository";
  /** The repository's own settings: nothing of the user's or the machine's. */
  readonly config: GitConfig;
}

/** A directory that is not. */
export interface NoRepository {
  readonly kind: "none";
  /** The repository around the directory, if there is one. */
  readonly enclosing: GitDirectories | null;
}

const EXTENSIONS = new Set([
  "noop",
  "objectformat",
  "partialclone",
  "preciousobjects",
  "refstorage",
  "relativeworktrees",
  "worktreeconfig",
]);

/**
 * Looks at a directory as git would, but for the environment and the user's configuration.
 *
 * @throws {StoreError} on a bare repository, on a damaged one, and on a format that is not supported.
 */
export function openRepository(base: string): Repository | NoRepository {
  const directories = gitDirectories(base);
  if (directories !== null) return checked(directories);
  if (isGitDirectory(base)) throw isBare(base);
  return { kind: "none", enclosing: enclosing(base) };
}

/** The last value of a setting of the repository, such as `user.name`; `null` where it has none. */
export function configValue(repository: Repository, key: string): string | null {
  return repository.config.get(key);
}

/** Refs that are not each work tree's own. */
const SHARED_REF = /^refs\/(?!bisect\/|worktree\/|rewritten\/)/;

/** What a work tree's HEAD is: the branch (`null` where detached) and the commit (`null`: none yet). */
export function readHead(gitDirectory: string): { ref: string | null; oid: string | null } {
  const head = symbolicTarget(readTextFile(`${gitDirectory}/HEAD`) ?? "");
  if (head !== null && SHARED_REF.test(head)) {
    return new RefReader(commonDirectoryOf(gitDirectory)).resolve(head);
  }
  const { ref, oid } = new RefReader(gitDirectory).resolve("HEAD");
  if (ref === "HEAD") return { ref: null, oid };
  return oid === null ? new RefReader(commonDirectoryOf(gitDirectory)).resolve(ref) : { ref, oid };
}

const OPERATIONS: readonly [file: string, name: string][] = [
  ["rebase-apply/applying", "an application of patches (git am)"],
  ["rebase-apply", "a rebase"],
  ["rebase-merge", "a rebase"],
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
];

/** What tells of an unfinished operation: files and directories in a git directory. */
export const OPERATION_FILES: readonly string[] = OPERATIONS.map(([file]) => file);

/** The operation that git has begun in a work tree and not finished, such as `a merge`; else `null`. */
export function unfinishedOperation(gitDirectory: string): string | null {
  return OPERATIONS.find(([file]) => lstat(`${gitDirectory}/${file}`) !== null)?.[1] ?? null;
}

/** The directories of the work tree whose top is `root`; `null` where it is none. */
function gitDirectories(root: string): GitDirectories | null {
  const path = `${root}/.git`;
  const found = stat(path);
  if (found === null) return null;
  const gitDirectory = found.isDirectory ? path : followGitFile(path);
  if (isGitDirectory(gitDirectory)) {
    return { root, gitDirectory, commonDirectory: commonDirectoryOf(gitDirectory) };
  }
  // git takes an empty directory of this name for no repository, and goes on upwards.
  if (found.isDirectory && readDirectory(path)?.length === 0) return null;
  throw new StoreError(
    `Cannot open the repository ${root}: ${gitDirectory} is no git directory; ` +
      `repair it, or remove ${path} to go on without it`,
  );
}

/** Where a `.git` file, of a linked work tree or a submodule, leads. */
function followGitFile(file: string): string {
  const target = /^gitdir: ([^\0]*?)[\r\n]*$/.exec(readTextFile(file) ?? "")?.[1];
  if (target === undefined || target === "") {
    throw new StoreError(
      `Cannot open the repository at ${file}: the file does not say "gitdir: <path>"; ` +
        "remove it to go on without the repository",
    );
  }
  const directory = dirname(file);
  return resolve(realPath(directory) ?? directory, target);
}

function commonDirectoryOf(gitDirectory: string): string {
  const text = readTextFile(`${gitDirectory}/commondir`);
  if (text === null) return gitDirectory;
  return resolve(realPath(gitDirectory) ?? gitDirectory, text.replace(/[\r\n]+$/, ""));
}

/** git's own test: a HEAD, objects and refs. */
function isGitDirectory(path: string): boolean {
  if (lstat(`${path}/HEAD`) === null) return false;
  const common = commonDirectoryOf(path);
  return stat(`${common}/objects`)?.isDirectory === true &&
    stat(`${common}/refs`)?.isDirectory === true;
}

function checked(directories: GitDirectories): Repository {
  const { root, gitDirectory, commonDirectory } = directories;
  const texts = [readTextFile(`${commonDirectory}/config`) ?? ""];
  if (new GitConfig(...texts).getBoolean("extensions.worktreeConfig") === true) {
    texts.push(readTextFile(`${gitDirectory}/config.worktree`) ?? "");
  }
  const config = new GitConfig(...texts);
  checkFormat(root, config);
  // A linked work tree of a bare repository is a work tree all the same.
  if (gitDirectory === commonDirectory) checkWorkTree(directories, config);
  return { kind: "repository", root, gitDirectory, commonDirectory, config };
}

function checkFormat(root: string, config: GitConfig): void {
  const version = config.get("core.repositoryformatversion") ?? "0";
  const problem = version !== "0" && version !== "1"
    ? `its format version is ${version}`
    : notSha1Files(config) ?? (version === "0" ? null : unknownExtension(config));
  if (problem === null) return;
  throw new StoreError(
    `Cannot use the repository ${root} as the store: ${problem}, which is not supported; ` +
      'set `store: "own"` to keep everything in .agentfs/store.git instead',
  );
}

function notSha1Files(config: GitConfig): string | null {
  const format = config.get("extensions.objectformat")?.toLowerCase() ?? "sha1";
  if (format !== "sha1") return `its objects are named by ${format}`;
  const storage = config.get("extensions.refstorage")?.toLowerCase() ?? "files";
  return storage === "files" ? null : `its refs are kept as ${storage}`;
}

function unknownExtension(config: GitConfig): string | null {
  for (const key of config.keys()) {
    const name = /^extensions\.(.*)$/.exec(key)?.[1];
    if (name !== undefined && !EXTENSIONS.has(name)) return `it has the extension ${name}`;
  }
  return null;
}

function checkWorkTree({ root, gitDirectory }: GitDirectories, config: GitConfig): void {
  if (config.getBoolean("core.bare") === true) throw isBare(root);
  const workTree = config.get("core.worktree");
  if (workTree === null) return;
  const real = realPath(resolve(realPath(gitDirectory) ?? gitDirectory, workTree));
  if (real === realPath(root)) return;
  throw new StoreError(
    `Cannot use ${root} as a base: its repository has its work tree at ${workTree} ` +
      "(core.worktree); use that directory",
  );
}

/** The repository around a directory that is not the top of one. */
function enclosing(base: string): GitDirectories | null {
  const start = realPath(base) ?? base;
  const device = stat(start)?.dev;
  for (let path = dirname(start); path !== dirname(path); path = dirname(path)) {
    try {
      // As git does by default, the search ends where another file system begins.
      if (stat(path)?.dev !== device) return null;
      const found = gitDirectories(path);
      if (found !== null) return found;
      if (isGitDirectory(path)) throw isInside(base, path);
    } catch (error) {
      if (isDenied(error)) return null;
      throw error;
    }
  }
  return null;
}

function isBare(base: string): StoreError {
  return new StoreError(
    `Cannot use ${base} as a base: its repository is bare, so it has no files; ` +
      "use a clone, or a work tree that `git worktree add` makes",
  );
}

function isInside(base: string, gitDirectory: string): StoreError {
  return new StoreError(
    `Cannot use ${base} as a base: it is inside the git directory ${gitDirectory}; ` +
      "use a directory of files",
  );
}
