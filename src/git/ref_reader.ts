/**
 * Refs as they are: loose files over the lines of `packed-refs`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { errorCode, exists, readDirectory, readTextFile } from "../platform/fs.ts";
import { PackedRefs } from "./packed_refs.ts";

/** A ref and the object that it holds. */
export interface Ref {
  readonly ref: string;
  readonly oid: string;
}

const OID = /^[0-9a-f]{40}\s*$/;
const MAX_SYMBOLIC_DEPTH = 5;

/** Whether a file of this name below the common directory can only be a ref. */
export function isRefName(ref: string): boolean {
  if (!/^(refs\/.|[A-Z_]+$)/.test(ref)) return false;
  return ref.split("/").every((part) =>
    part !== "" && !part.startsWith(".") && !part.endsWith(".lock") && !/[\0-\x20\x7f]/.test(part)
  );
}

/** Reads the refs of a repository. */
export class RefReader {
  /** Where `refs/` and `packed-refs` are. */
  readonly commonDirectory: string;
  protected readonly packed: PackedRefs;

  /** Reads nothing yet. */
  constructor(commonDirectory: string) {
    this.commonDirectory = commonDirectory;
    this.packed = new PackedRefs(commonDirectory);
  }

  /** The object id that a ref holds, symbolic refs followed; `null` where there is no such ref. */
  read(ref: string): string | null {
    return this.resolve(ref).oid;
  }

  /**
   * The ref at which a chain of symbolic refs ends, and what it holds.
   *
   * @throws {StoreError} on a ref file that is damaged, and on symbolic refs that go round.
   */
  resolve(ref: string): { ref: string; oid: string | null } {
    let name = ref;
    for (let depth = 0; depth <= MAX_SYMBOLIC_DEPTH; depth++) {
      const content = this.content(name);
      const target = content === null ? null : symbolicTarget(content);
      if (target === null) return { ref: name, oid: content };
      name = target;
    }
    throw new StoreError(`Cannot read the ref ${ref}: its symbolic refs lead on and on`);
  }

  /** Every ref that starts with `prefix`, such as `refs/heads/`, sorted as git sorts. */
  list(prefix: string): Ref[] {
    const found = new Map<string, string>();
    // Loose first: a ref that is being packed is in packed-refs before its file goes.
    for (const ref of this.#loose(prefix.slice(0, prefix.lastIndexOf("/")))) {
      const oid = ref.startsWith(prefix) ? this.read(ref) : null;
      if (oid !== null) found.set(ref, oid);
    }
    for (const [ref, oid] of this.packed.refs()) {
      if (ref.startsWith(prefix) && !found.has(ref) && isRefName(ref)) found.set(ref, oid);
    }
    return [...found].map(([ref, oid]) => ({ ref, oid })).sort(byName);
  }

  /** The names of those refs, in no order: it takes a fraction of the time, since none of them is read. */
  names(prefix: string): Set<string> {
    const names = new Set<string>();
    for (const ref of this.#loose(prefix.slice(0, prefix.lastIndexOf("/")))) {
      if (ref.startsWith(prefix)) names.add(ref);
    }
    for (const ref of this.packed.refs().keys()) {
      if (ref.startsWith(prefix) && isRefName(ref)) names.add(ref);
    }
    return names;
  }

  /** What a ref itself holds: an object id, or `ref: ` and a name; `null` where it is not there. */
  protected content(ref: string): string | null {
    if (!isRefName(ref)) return null;
    const text = this.#looseText(ref);
    if (text === null) return this.packed.refs().get(ref) ?? null;
    if (OID.test(text)) return text.slice(0, 40);
    const target = symbolicTarget(text);
    if (target !== null && isRefName(target)) return `ref: ${target}`;
    throw new StoreError(
      `Cannot read the ref ${ref}: its file in ${this.commonDirectory} is damaged; ` +
        "write the commit's id into it, or delete it",
    );
  }

  #looseText(ref: string): string | null {
    const path = `${this.commonDirectory}/${ref}`;
    try {
      return exists(path) ? readTextFile(path) : null;
    } catch (error) {
      // Packing all refs of a directory leaves the directory, and it may stand where a ref was.
      if (errorCode(error) === "EISDIR") return null;
      throw new StoreError(`Cannot read the ref ${ref}: ${error}`, { cause: error });
    }
  }

  /** The names of the loose refs below a directory such as `refs/heads`. */
  *#loose(directory: string): Iterable<string> {
    for (const entry of readDirectory(`${this.commonDirectory}/${directory}`) ?? []) {
      const ref = `${directory}/${entry.name}`;
      if (!isRefName(ref)) continue;
      if (entry.isDirectory) yield* this.#loose(ref);
      else yield ref;
    }
  }
}

function byName(a: Ref, b: Ref): number {
  return Buffer.compare(Buffer.from(a.ref), Buffer.from(b.ref));
}

/** The name that a symbolic ref holds; `null` where it is none. */
export function symbolicTarget(content: string): string | null {
  return /^ref:\s*(\S+)\s*$/.exec(content)?.[1] ?? null;
}
