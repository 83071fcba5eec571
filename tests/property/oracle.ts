/**
 * What real git says of a workspace, without changing anything of it: over a copy of its index, with
 * a directory of its own for the objects that it writes.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import type { Change } from "../../mod.ts";
import { tryGit } from "../git.ts";
import type { Photo } from "./photo.ts";

/** What git says of the files as they are. */
export interface Verdict {
  /** By path, what `git add --all` would put into the index: as {@linkcode shown}. */
  readonly changes: Map<string, string>;
  /** Where the files were that it takes for renamed, by where they are. */
  readonly renames: Map<string, string>;
  /** The paths, of files and of directories, that are ignored and not tracked. */
  readonly ignored: ReadonlySet<string>;
}

/** Git, asked about one workspace. */
export class Oracle {
  readonly #directory: string;
  readonly #scratch: string;
  readonly #index: string;
  readonly #env: Record<string, string>;
  #tracked: { index: string; paths: Set<string> } | undefined;

  /** `scratch` is a directory to be made. */
  constructor(directory: string, scratch: string) {
    this.#directory = directory;
    this.#scratch = scratch;
    const [, admin] = /^gitdir: (.*)\n$/.exec(Deno.readTextFileSync(`${directory}/.git`))!;
    this.#index = `${admin}/index`;
    this.#env = {
      GIT_INDEX_FILE: `${scratch}/index`,
      GIT_OBJECT_DIRECTORY: `${scratch}/objects`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `${admin}/../../objects`,
    };
    Deno.mkdirSync(`${scratch}/objects`, { recursive: true });
  }

  /** Asks about the files as they are, of which `photo` was just taken. */
  async ask(photo: Photo): Promise<Verdict> {
    await this.#copyIndex();
    const ignored = await this.wouldIgnore([...photo.keys()]);
    for (const path of await this.#trackedPaths()) {
      // A directory where a tracked file was is not tracked.
      if (photo.get(path)?.kind !== "directory") ignored.delete(path);
    }
    await this.#git(["add", "--all"]);
    const raw = await this.#git(
      ["diff-index", "--cached", "--raw", "-z", "--find-renames", "--no-abbrev", "HEAD"],
    );
    return { ...parseRaw(raw), ignored };
  }

  /** Which of `paths` git ignores where they are not tracked. */
  async wouldIgnore(paths: readonly string[]): Promise<Set<string>> {
    const stdin = paths.map((path) => `${path.slice(1)}\0`).join("");
    const args = ["check-ignore", "--no-index", "-z", "--stdin"];
    const { code, stdout, stderr } = await tryGit(this.#directory, args, { stdin });
    assert.ok(code < 2, stderr);
    return new Set(zeroTerminated(stdout).map((path) => `/${path}`));
  }

  /** The id of the tree that the last commit becomes with these of its changes. */
  async treeWith(changes: ReadonlyMap<string, string>): Promise<string> {
    const lines = [...changes].map(([path, shown]) => {
      const [type, ...sides] = shown.split(" ");
      const [mode, oid] = type === "deleted" ? ["0", "0".repeat(40)] : sides.slice(-2);
      return `${mode} ${oid}\t${path.slice(1)}\0`;
    });
    await this.#git(["read-tree", "HEAD"]);
    // Sorted, since what goes makes room for what comes.
    const update = ["update-index", "--add", "--replace", "--remove", "-z", "--index-info"];
    await this.#git(update, lines.sort().join(""));
    return (await this.#git(["write-tree"])).trim();
  }

  /** With the time of the index, by which git knows the entries that it must not believe. */
  async #copyIndex(): Promise<void> {
    await Deno.copyFile(this.#index, `${this.#scratch}/index`);
    const { atime, mtime } = await Deno.stat(this.#index);
    await Deno.utime(`${this.#scratch}/index`, atime!, mtime!);
  }

  async #trackedPaths(): Promise<Set<string>> {
    const index = (await Deno.readFile(this.#index)).toHex();
    if (this.#tracked?.index !== index) {
      const listed = zeroTerminated(await this.#git(["ls-files", "-z"]));
      this.#tracked = { index, paths: new Set(listed.map((path) => `/${path}`)) };
    }
    return this.#tracked.paths;
  }

  async #git(args: string[], stdin?: string): Promise<string> {
    const options = stdin === undefined ? { env: this.#env } : { env: this.#env, stdin };
    const { code, stdout, stderr } = await tryGit(this.#directory, args, options);
    assert.equal(code, 0, stderr);
    return stdout;
  }
}

/** The lines of `--raw -z`; a rename is both of its halves. */
function parseRaw(output: string): Pick<Verdict, "changes" | "renames"> {
  const fields = zeroTerminated(output);
  const changes = new Map<string, string>();
  const renames = new Map<string, string>();
  for (let line = fields.shift(); line !== undefined; line = fields.shift()) {
    const [oldMode, newMode, oldOid, newOid, status] = line.slice(1).split(" ");
    const [old, now] = [`${oldMode} ${oldOid}`, `${newMode} ${newOid}`];
    const path = `/${fields.shift()}`;
    if (status === "A") changes.set(path, `added ${now}`);
    else if (status === "D") changes.set(path, `deleted ${old}`);
    else if (status!.startsWith("R")) {
      const newPath = `/${fields.shift()}`;
      changes.set(path, `deleted ${old}`).set(newPath, `added ${now}`);
      renames.set(newPath, path);
    } else changes.set(path, `modified ${old} ${now}`);
  }
  return { changes, renames };
}

function zeroTerminated(text: string): string[] {
  return text.split("\0").slice(0, -1);
}

/** Our changes in the same words, by path. */
export function shown(changes: Iterable<Change>): Map<string, string> {
  return new Map(
    [...changes].flatMap(({ type, path, oldPath, oldMode, oldOid, newMode, newOid }) => {
      const old = `${oldMode?.toString(8)} ${oldOid}`;
      const now = `${newMode?.toString(8)} ${newOid}`;
      if (type === "added") return [[path, `added ${now}`]];
      if (type === "deleted") return [[path, `deleted ${old}`]];
      if (type === "renamed") return [[oldPath!, `deleted ${old}`], [path, `added ${now}`]];
      return [[path, `modified ${old} ${now}`]];
    }),
  );
}

/** Where the files were that we take for renamed, by where they are. */
export function renamesOf(changes: Iterable<Change>): Map<string, string> {
  const renamed = [...changes].filter(({ type }) => type === "renamed");
  return new Map(renamed.map(({ path, oldPath }) => [path, oldPath!]));
}
