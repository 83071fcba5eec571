/**
 * Where a path given to a workspace leads on disk, found component by component as Linux's
 * `RESOLVE_BENEATH` does: links that stay inside are followed, and a path that leaves the workspace,
 * be it for a moment, is refused. Deno's own permissions do not stop at links; this does.
 *
 * Deno cannot keep a directory open, so a process that swaps a directory for a link between this
 * look and the call that follows is not caught, save by `openSeen()`. Nobody else may change
 * the workspace while this library does.
 *
 * @module
 */

import { FileNotFoundError, NotADirectoryError, PathError } from "../errors.ts";
import { byteLength, isGitName, pathComponents, refusal } from "../paths.ts";
import { type FileStat, lstat, readLink } from "../platform/fs.ts";
import { attempt } from "./path_failure.ts";

/** As many links as Linux follows in one path, and as many bytes as it takes. */
const MAX_LINKS = 40;
const MAX_PATH_BYTES = 4095;

/** Where a path leads. */
export interface Place {
  /** The path that was asked for; starts with `/`. */
  readonly asked: string;
  /** The path on this machine. None of its parts is a link, but the last where it was not followed. */
  readonly path: string;
  /** The same within the workspace; starts with `/`. */
  readonly inside: string;
  /** What is there, links not followed; `null` where nothing is. */
  readonly stat: FileStat | null;
  /** The directories above that are missing, as paths on this machine, outermost first. */
  readonly missing: readonly string[];
  /** Whether nothing is there and the path ends in a slash, so that only a directory may be made. */
  readonly directoryOnly: boolean;
}

/** How a path is followed. */
export interface ResolveOptions {
  /** Whether a link that is the last component is. A slash behind it makes no difference. */
  readonly follow: boolean;
  /**
   * Paths on this machine that were found to be directories a moment ago: two paths that nothing can
   * happen between share what is above both.
   */
  readonly directories?: Set<string>;
}

/**
 * Finds where `path` leads below the directory `root`. Nothing need be there; it is an error only for
 * `..` to come after a directory that is missing.
 *
 * @throws {PathError} where it leads out, goes through a link with an absolute target, through more
 * than 40 links, or through a name that stands for `.git`.
 * @throws {NotADirectoryError} where it goes through a file, or ends in a slash behind one; also
 * behind a link that is not to be followed.
 */
export function resolveBeneath(root: string, path: string, options: ResolveOptions): Place {
  const asked = rooted(path);
  const components = pathComponents(asked);
  checkLength(asked, asked);
  return new Walk(root, asked, options).along(withSlash(asked, components));
}

/** The path with the slash at its start, which people may leave out. */
export function rooted(path: string): string {
  return typeof path === "string" && !path.startsWith("/") ? `/${path}` : path;
}

/** A way down from the root, one name after the other. */
class Walk {
  readonly #root: string;
  readonly #asked: string;
  readonly #follow: boolean;
  readonly #directories: Set<string> | undefined;
  /** The names still to go, the next one last. */
  readonly #pending: string[] = [];
  /** The names from the root to here. */
  readonly #below: string[] = [];
  readonly #missing: string[] = [];
  /** What is here: `null` is nothing, `undefined` a directory that was seen on the way. */
  #stat: FileStat | null | undefined;
  #links = 0;

  constructor(root: string, asked: string, { follow, directories }: ResolveOptions) {
    this.#root = root;
    this.#asked = asked;
    this.#follow = follow;
    this.#directories = directories;
  }

  along(components: string[]): Place {
    let last = ".";
    this.#pending.push(...components.reverse());
    for (let name = this.#pending.pop(); name !== undefined; name = this.#pending.pop()) {
      if (this.#stat === null) this.#goBelowNothing(name);
      else if (this.#stat?.isDirectory === false) throw this.#noDirectory();
      else if (name === "..") this.#climb();
      else if (name !== ".") this.#enter(name);
      last = name;
    }
    const path = this.#path;
    if (this.#stat === undefined) this.#stat = this.#attempt(() => lstat(path));
    return {
      asked: this.#asked,
      path,
      inside: this.#inside,
      stat: this.#stat,
      missing: this.#missing,
      directoryOnly: this.#stat === null && last === ".",
    };
  }

  #enter(name: string): void {
    this.#below.push(name);
    const path = this.#path;
    if (this.#directories?.has(path)) {
      this.#stat = undefined;
      return;
    }
    this.#stat = this.#attempt(() => lstat(path));
    if (this.#stat?.isDirectory) this.#directories?.add(path);
    if (!this.#stat?.isSymlink || this.#endsHere()) return;
    if (++this.#links > MAX_LINKS) throw this.#refused(`too many links: at most ${MAX_LINKS}`);
    const target = this.#attempt(() => readLink(path));
    this.#pending.push(...this.#componentsOf(target).reverse());
    this.#below.pop();
    this.#stat = undefined;
  }

  /** Whether a link here is the end, not a step; a slash behind it is found not to be possible then. */
  #endsHere(): boolean {
    const [next, ...more] = this.#pending;
    return !this.#follow && (next === undefined || next === "." && more.length === 0);
  }

  #climb(): void {
    if (this.#below.pop() === undefined) throw this.#refused("it leads out of the workspace");
    this.#stat = undefined;
  }

  #goBelowNothing(name: string): void {
    if (name === ".") return;
    if (name === "..") {
      if (this.#leadsOut(name)) throw this.#refused("it leads out of the workspace");
      const rule = "a directory before .. is missing";
      throw new FileNotFoundError(refusal(this.#asked, rule), this.#asked);
    }
    this.#missing.push(this.#path);
    this.#below.push(name);
    checkLength(this.#asked, this.#path);
  }

  /** Whether the names from `next` on would lead out if what is missing were directories. */
  #leadsOut(next: string): boolean {
    let depth = this.#below.length;
    for (const name of [next, ...this.#pending.toReversed()]) {
      if (name !== ".") depth += name === ".." ? -1 : 1;
      if (depth < 0) return true;
    }
    return false;
  }

  /** The components of the target of the link that is here, checked as those of a path are. */
  #componentsOf(target: string): string[] {
    const refused = (rule: string) => {
      const link = JSON.stringify(this.#inside);
      return this.#refused(`the link ${link} leads to ${JSON.stringify(target)}, and ${rule}`);
    };
    if (target.startsWith("/")) throw refused("only relative targets are followed");
    const components = target.split("/").filter((part) => part !== "" && part !== ".");
    const git = components.find(isGitName);
    if (git !== undefined) throw refused(`${JSON.stringify(git)} stands for .git`);
    return withSlash(target, components);
  }

  /** Where this is on the machine. */
  get #path(): string {
    return this.#below.length === 0 ? this.#root : `${this.#root}/${this.#below.join("/")}`;
  }

  /** Where this is in the workspace. */
  get #inside(): string {
    return `/${this.#below.join("/")}`;
  }

  #attempt<T>(call: () => T): T {
    return attempt("use the path", this.#asked, call);
  }

  #refused(rule: string): PathError {
    return new PathError(refusal(this.#asked, rule), this.#asked);
  }

  #noDirectory(): NotADirectoryError {
    const rule = `${JSON.stringify(this.#inside)} is no directory`;
    return new NotADirectoryError(refusal(this.#asked, rule), this.#asked);
  }
}

/** The components, and a last one `.` where the path ends in a slash: what it ends in is entered. */
function withSlash(path: string, components: string[]): string[] {
  return /(^|\/)\.?$/.test(path) ? [...components, "."] : components;
}

function checkLength(asked: string, path: string): void {
  if (path.length * 3 <= MAX_PATH_BYTES || byteLength(path) <= MAX_PATH_BYTES) return;
  const rule = `a path, also as a whole on this machine, has at most ${MAX_PATH_BYTES} bytes`;
  throw new PathError(refusal(asked, rule), asked);
}

/** Whether this is a FIFO, a socket or a device: opening one could wait for ever. */
export function isSpecial(stat: FileStat): boolean {
  return !stat.isFile && !stat.isDirectory && !stat.isSymlink;
}
