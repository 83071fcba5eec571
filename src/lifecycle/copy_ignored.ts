/**
 * Carries ignored paths of the base along into a new workspace: installed packages, a `.env`.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { FileNotFoundError, PathError } from "../errors.ts";
import { copyRest } from "../files/content.ts";
import { isGitName } from "../paths.ts";
import {
  chmod,
  lstat,
  makeDirectory,
  OpenFile,
  readDirectory,
  readLink,
  removeFile,
} from "../platform/fs.ts";
import { type LinkMaker, NO_LINKS, prepareLinks } from "../platform/links.ts";
import { Slices } from "../platform/slices.ts";
import type { Layout } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { isSpecial, resolveBeneath } from "../worktree/beneath.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { basename, dirname } from "@std/path/posix";

/** What is carried along. */
export interface CopyIgnoredOptions {
  /** Paths of the base. */
  readonly copyIgnored: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies paths from the base to the new workspace at `directory`, with permission bits and links, and
 * returns what cannot be copied.
 *
 * @throws {FileNotFoundError} where the base has no such path.
 * @throws {PathError} where a path leads out of the base or the workspace, and where Deno's permissions
 * do not allow to make links.
 */
export async function copyIgnored(
  { layout, session }: Pick<OpenBase, "layout" | "session">,
  directory: string,
  { copyIgnored, signal }: CopyIgnoredOptions,
): Promise<Skipped[]> {
  const copier = new Copier(layout, () => session.dataTemporary(), signal);
  for (const path of copyIgnored) await copier.carry(path, directory);
  return copier.skipped;
}

class Copier {
  readonly skipped: Skipped[] = [];
  readonly #layout: Layout;
  readonly #temporary: () => string;
  readonly #slices: Slices;
  #links: LinkMaker | null = null;

  constructor(layout: Layout, temporary: () => string, signal: AbortSignal | undefined) {
    this.#layout = layout;
    this.#temporary = temporary;
    this.#slices = new Slices(signal);
  }

  async carry(asked: string, workspace: string): Promise<void> {
    const { base, dataDirectory } = this.#layout;
    const { path, inside, stat } = resolveBeneath(base, asked, { follow: false });
    if (stat === null) {
      throw new FileNotFoundError(cannot(CARRY, inside, `nothing is there in ${base}`), inside);
    }
    if (`${path}/`.startsWith(`${dataDirectory}/`)) {
      throw new PathError(cannot(CARRY, inside, "the workspaces themselves are there"), inside);
    }
    using links = await prepareLinks(this.#targets(path), this.#temporary());
    this.#links = links;
    if (inside === "/") return await this.#copy(path, workspace, "");
    // The workspace can start from elsewhere than the base, and have links that lead elsewhere.
    const above = resolveBeneath(workspace, dirname(inside), { follow: true });
    attempt(CARRY, inside, () => makeDirectory(above.path));
    await this.#copy(path, `${above.path}/${basename(inside)}`, inside);
  }

  async #copy(from: string, to: string, shown: string): Promise<void> {
    const stat = attempt(CARRY, shown, () => lstat(from));
    if (stat === null) {
      // What has gone meanwhile is no loss; Deno shows U+FFFD for what is not UTF-8 in a name.
      if (shown.includes("\ufffd")) this.#skip(shown, "its name is not UTF-8");
      return;
    }
    if (isSpecial(stat)) return this.#skip(shown, "neither a file, a directory nor a link");
    if (stat.isDirectory) return await this.#copyDirectory(from, to, shown, stat.mode);
    attempt(CARRY, shown, () => removeFile(to));
    if (stat.isSymlink) return this.#copyLink(from, to, shown);
    using source = attempt(CARRY, shown, () => new OpenFile(from));
    using copied = attempt(CARRY, shown, () => new OpenFile(to, { write: true, createNew: true }));
    await copyRest(shown, source, copied);
    attempt(CARRY, shown, () => chmod(to, stat.mode & 0o7777));
  }

  async #copyDirectory(from: string, to: string, shown: string, mode: number): Promise<void> {
    attempt(CARRY, shown, () => {
      if (lstat(to)?.isDirectory === false) removeFile(to);
      makeDirectory(to);
    });
    for (const { name } of attempt(CARRY, shown, () => readDirectory(from)) ?? []) {
      const path = `${shown}/${name}`;
      if (isGitName(name)) this.#skip(path, "git data");
      else if (`${from}/${name}` === this.#layout.dataDirectory) this.#skip(path, "workspaces");
      else await this.#copy(`${from}/${name}`, `${to}/${name}`, path);
      if (this.#slices.due) await this.#slices.rest();
    }
    attempt(CARRY, shown, () => chmod(to, mode & 0o7777));
  }

  /** The targets of all links there. */
  async *#targets(path: string): AsyncIterable<string> {
    const stat = attempt(CARRY, path, () => lstat(path));
    if (stat?.isSymlink) yield attempt(CARRY, path, () => readLink(path));
    if (!stat?.isDirectory) return;
    for (const { name, isFile } of attempt(CARRY, path, () => readDirectory(path)) ?? []) {
      if (!isFile) yield* this.#targets(`${path}/${name}`);
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  #copyLink(from: string, to: string, shown: string): void {
    const links = this.#links;
    if (links === null) throw new PathError(cannot(CARRY, shown, NO_LINKS), shown);
    attempt(CARRY, shown, () => links.make(readLink(from), to));
  }

  #skip(path: string, reason: string): void {
    this.skipped.push({ path, reason });
  }
}

const CARRY = "carry along";
