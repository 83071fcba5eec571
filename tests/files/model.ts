/**
 * The file methods over a tree in memory: what they should do, in the plainest way.
 *
 * @module
 */

/** A file, a directory or a link of the model. */
export type Node =
  | { kind: "file"; content: string; mode: number }
  | { kind: "directory"; entries: Map<string, Node>; mode: number }
  | { kind: "link"; target: string };

type Directory = Extract<Node, { kind: "directory" }>;

/** The error that a method is to throw: its code. */
export class Refusal extends Error {}

/** Where a path leads: the directories down to the last that is there, and the names from there on. */
interface Found {
  chain: Directory[];
  /** The name of what is found, or what is to be made, one directory in the other. */
  names: string[];
  node: Node | null;
  /** Whether the path ends in a slash. */
  slash: boolean;
}

const MAX_LINKS = 40;

function refuse(code: string): never {
  throw new Refusal(code);
}

function split(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** The permission bits that the umask leaves to what is made. */
export interface NewModes {
  file: number;
  directory: number;
}

/** A workspace's files, in memory. */
export class Model {
  readonly #newModes: NewModes;
  readonly #root: Directory;

  constructor(newModes: NewModes) {
    this.#newModes = newModes;
    this.#root = this.#directory();
  }

  #directory(): Directory {
    return { kind: "directory", entries: new Map(), mode: this.#newModes.directory };
  }

  #find(path: string, follow: boolean): Found {
    let depth = 0;
    for (const name of split(path)) {
      depth += name === ".." ? -1 : 1;
      if (depth < 0) refuse("PathError");
    }
    let links = 0;
    const walk = (chain: Directory[], names: string[], slash: boolean): Found => {
      const [name, ...rest] = names;
      const here = chain.at(-1)!;
      if (name === undefined) return this.#itself(chain, slash);
      if (name === "..") {
        return chain.length === 1 ? refuse("PathError") : walk(chain.slice(0, -1), rest, slash);
      }
      const node = here.entries.get(name) ?? null;
      const last = rest.length === 0;
      if (node === null) {
        return rest.includes("..") ? refuse("FileNotFoundError") : { chain, names, node, slash };
      }
      if (node.kind === "directory") return walk([...chain, node], rest, slash);
      if (node.kind === "file") {
        return last && !slash ? { chain, names, node, slash } : refuse("NotADirectoryError");
      }
      if (last && !follow) {
        return slash ? refuse("NotADirectoryError") : { chain, names, node, slash };
      }
      if (++links > MAX_LINKS || node.target.startsWith("/")) refuse("PathError");
      return walk(
        chain,
        [...split(node.target), ...rest],
        slash || last && node.target.endsWith("/"),
      );
    };
    return walk([this.#root], split(path), path.endsWith("/"));
  }

  /** A directory, found in the one above it. */
  #itself(chain: Directory[], slash: boolean): Found {
    const node = chain.at(-1)!;
    const above = chain.at(-2);
    const name = [...above?.entries ?? []].find(([, entry]) => entry === node)?.[0];
    return { chain: chain.slice(0, -1), names: name === undefined ? [] : [name], node, slash };
  }

  #there(path: string, follow: boolean): Found & { node: Node } {
    const found = this.#find(path, follow);
    return found.node === null ? refuse("FileNotFoundError") : { ...found, node: found.node };
  }

  #put({ chain, names }: Found, node: Node): void {
    let here = chain.at(-1)!;
    for (const name of names.slice(0, -1)) {
      const made = this.#directory();
      here.entries.set(name, made);
      here = made;
    }
    here.entries.set(names.at(-1)!, node);
  }

  #take({ chain, names }: Found): void {
    chain.at(-1)!.entries.delete(names[0]!);
  }

  write(
    path: string,
    content: string,
    options: { append?: boolean; createNew?: boolean; mode?: number },
  ): void {
    const found = this.#find(path, !options.createNew);
    const { node, slash } = found;
    if (options.createNew && node !== null) refuse("FileExistsError");
    if (node?.kind === "directory" || node === null && slash) refuse("IsADirectoryError");
    const old = node?.kind === "file" ? node : { content: "", mode: this.#newModes.file };
    this.#put(found, {
      kind: "file",
      content: options.append ? old.content + content : content,
      mode: options.mode ?? old.mode,
    });
  }

  read(path: string): string {
    const { node } = this.#there(path, true);
    return node.kind === "file" ? node.content : refuse("IsADirectoryError");
  }

  exists(path: string): boolean {
    try {
      return this.#find(path, true).node !== null;
    } catch (error) {
      if (error instanceof Refusal && /NotFound|NotADirectory/.test(error.message)) return false;
      throw error;
    }
  }

  list(path: string): string[] {
    const { node } = this.#there(path, true);
    return node.kind === "directory"
      ? [...node.entries.keys()].sort()
      : refuse("NotADirectoryError");
  }

  mkdir(path: string): void {
    const found = this.#find(path, true);
    if (found.node?.kind === "directory") return;
    if (found.node !== null || this.#find(path, false).node !== null) refuse("FileExistsError");
    this.#put(found, this.#directory());
  }

  symlink(target: string, path: string): void {
    const found = this.#find(path, false);
    if (found.node !== null) refuse("FileExistsError");
    if (found.slash) refuse("IsADirectoryError");
    this.#put(found, { kind: "link", target });
  }

  readLink(path: string): string {
    const { node } = this.#there(path, false);
    return node.kind === "link" ? node.target : refuse("PathError");
  }

  chmod(path: string, mode: number): void {
    const { node } = this.#there(path, true);
    if (node.kind !== "link") node.mode = mode;
  }

  remove(path: string, recursive: boolean): void {
    const found = this.#there(path, false);
    if (found.node === this.#root) refuse("PathError");
    if (found.node.kind === "directory" && found.node.entries.size > 0 && !recursive) {
      refuse("DirectoryNotEmptyError");
    }
    this.#take(found);
  }

  move(from: string, to: string): void {
    const source = this.#there(from, false);
    const target = this.#find(to, false);
    const { node } = target;
    if (source.node === node) return;
    if (source.node.kind === "directory") {
      if (target.chain.includes(source.node)) refuse("PathError");
      if (node !== null && node.kind !== "directory") refuse("NotADirectoryError");
      // The root always holds git's own file.
      if (node === this.#root || (node?.entries.size ?? 0) > 0) refuse("DirectoryNotEmptyError");
    } else if (node?.kind === "directory" || node === null && target.slash) {
      refuse("IsADirectoryError");
    }
    this.#take(source);
    this.#put(target, source.node);
  }

  copy(from: string, to: string): void {
    const source = this.#there(from, false);
    if (source.node.kind === "file") {
      const target = this.#find(to, true);
      if (target.node?.kind === "directory" || target.node === null && target.slash) {
        refuse("IsADirectoryError");
      }
      return this.#put(target, { ...source.node });
    }
    const target = this.#find(to, false);
    if (source.node.kind === "link") {
      if (target.node?.kind === "directory" || target.node === null && target.slash) {
        refuse("IsADirectoryError");
      }
    } else {
      if (target.chain.includes(source.node)) refuse("PathError");
      if (target.node !== null) refuse("FileExistsError");
    }
    this.#put(target, structuredClone(source.node));
  }

  /** Every path with what is there, sorted. */
  dump(): string[] {
    const lines: string[] = [];
    const visit = (here: Directory, path: string): void => {
      for (const [name, node] of here.entries) {
        if (node.kind === "link") lines.push(`${path}/${name} -> ${node.target}`);
        else lines.push(`${path}/${name} ${node.mode.toString(8)} ${content(node)}`);
        if (node.kind === "directory") visit(node, `${path}/${name}`);
      }
    };
    const content = (node: Node) =>
      node.kind === "file" ? JSON.stringify(node.content) : "directory";
    visit(this.#root, "");
    return lines.sort();
  }
}
