/**
 * Patches between trees of a repository, ours beside git's.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { abbreviator } from "../../src/git/abbreviation.ts";
import { treeOf } from "../../src/git/commit.ts";
import { type LineCounts, PatchWriter } from "../../src/git/patch.ts";
import { type Contents, detectRenames } from "../../src/git/renames.ts";
import { ObjectStore } from "../../src/git/store.ts";
import { compareTrees } from "../../src/worktree/compare.ts";
import { storedTree } from "../../src/worktree/state.ts";
import { git, tryGit } from "../git.ts";

/** How a patch is made. */
export interface PatchOptions {
  context?: number;
  renames?: boolean;
}

/** A repository that is only read. */
export class Patches implements Disposable {
  readonly #path: string;
  readonly #store: ObjectStore;

  private constructor(path: string, objects: string) {
    this.#path = path;
    const nowhere = { temporaryDirectory: "/nonexistent", session: "none" };
    this.#store = new ObjectStore(objects, { ...nowhere, cacheBytes: 16 << 20 });
  }

  static async open(path: string): Promise<Patches> {
    const objects = await git(
      path,
      "rev-parse",
      "--path-format=absolute",
      "--git-path",
      "objects",
    );
    return new Patches(path, objects.trim());
  }

  /** What leads from one commit or tree to another, as we write it. */
  async ours(
    from: string,
    to: string,
    { context = 3, renames = false }: PatchOptions = {},
  ): Promise<{ patch: string; counts: LineCounts }> {
    const [before, after] = [from, to].map((oid) => storedTree(this.#store, this.#tree(oid)));
    const changes = await compareTrees(before!, after!);
    const items = renames
      ? await detectRenames(changes, this.#contents())
      : changes.map((change) => ({ change, similarity: null }));
    const writer = new PatchWriter({
      read: ({ oid }) => Promise.resolve(this.#store.read(oid).data),
      abbreviate: abbreviator(this.#store),
    }, context);
    const counts = { insertions: 0, deletions: 0 };
    for (const item of items) {
      const { insertions, deletions } = await writer.add(item);
      counts.insertions += insertions;
      counts.deletions += deletions;
    }
    return { patch: asText(await writer.bytes()), counts };
  }

  /** The same as git writes it. */
  async theirs(from: string, to: string, options: PatchOptions = {}): Promise<string> {
    return asText((await tryGit(this.#path, ["diff", ...argumentsFor(options), from, to])).bytes);
  }

  /** The sums of `git diff --numstat`. */
  async theirCounts(from: string, to: string, renames = false): Promise<LineCounts> {
    const args = ["diff", "--numstat", renames ? "--find-renames" : "--no-renames", from, to];
    const rows = (await git(this.#path, ...args)).split("\n").map((row) => row.split("\t"));
    const sum = (column: number): number =>
      rows.reduce((sum, row) => sum + (Number(row[column]) || 0), 0);
    return { insertions: sum(0), deletions: sum(1) };
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  #tree(oid: string): string {
    return this.#store.header(oid)?.type === "tree" ? oid : treeOf(this.#store, oid);
  }

  #contents(): Contents {
    return {
      size: ({ oid }) => this.#store.header(oid)?.size ?? null,
      read: ({ oid }) => Promise.resolve(this.#store.read(oid).data),
    };
  }
}

function argumentsFor({ context = 3, renames = false }: PatchOptions): string[] {
  return [`--unified=${context}`, renames ? "--find-renames" : "--no-renames", "--no-ext-diff"];
}

/** Each byte as one character, so that a difference shows and none is lost. */
export function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
