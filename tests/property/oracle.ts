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
      ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "HEAD"],
    );
    return { changes: parseRaw(raw), ignored };
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

/** The lines of `--raw -z`. */
function parseRaw(output: string): Map<string, string> {
  const fields = zeroTerminated(output);
  const changes = new Map<string, string>();
  for (let at = 0; at < fields.length; at += 2) {
    const [oldMode, newMode, oldOid, newOid, status] = fields[at]!.slice(1).split(" ");
    const [old, now] = [`${oldMode} ${oldOid}`, `${newMode} ${newOid}`];
    const path = `/${fields[at + 1]!}`;
    if (status === "A") changes.set(path, `added ${now}`);
    else if (status === "D") changes.set(path, `deleted ${old}`);
    else changes.set(path, `modified ${old} ${now}`);
  }
  return changes;
}

function zeroTerminated(text: string): string[] {
  return text.split("\0").slice(0, -1);
}

/** Our changes in the same words, by path. */
export function shown(changes: Iterable<Change>): Map<string, string> {
  const side = (mode: number | null, oid: string | null): string[] =>
    mode === null || oid === null ? [] : [mode.toString(8), oid];
  return new Map(
    [...changes].map(({ type, path, oldMode, oldOid, newMode, newOid }) => [
      path,
      [type, ...side(oldMode, oldOid), ...side(newMode, newOid)].join(" "),
    ]),
  );
}
