/**
 * Workspaces in memory, and a stream of random operations on them: what a child process does before it
 * is killed, and what its parent then expects.
 *
 * Both choose an operation from the same seed and the same state, so that the child need not tell what
 * it is about to do.
 *
 * @module
 */

import type { Random } from "../random.ts";

/** Every path of a workspace with what is there: `file 644 text`, `directory`, `link target`. */
export type Files = Record<string, string>;

/** One workspace. */
export interface WorkspaceState {
  readonly files: Files;
  /** The files of the last commit. */
  readonly head: Files;
  readonly snapshots: Record<string, Files>;
}

/** All workspaces by name. */
export type State = Record<string, WorkspaceState>;

/** One call. Paths start with a slash. */
export type Operation =
  & { readonly workspace: string }
  & (
    | { readonly type: "write" | "append"; readonly path: string; readonly text: string }
    | { readonly type: "move" | "copy"; readonly from: string; readonly to: string }
    | { readonly type: "remove" | "chmod"; readonly path: string }
    | { readonly type: "symlink"; readonly path: string; readonly text: string }
    | { readonly type: "snapshot" | "restore" | "forget"; readonly name: string }
    | { readonly type: "commit" | "create" | "delete" }
  );

const WORKSPACES = ["one", "two", "three/nested"];
const DIRECTORIES = ["/x", "/y", "/z", "/x/y", "/y/z", "/z/x", "/x/y/z"];
const FILES = ["a", "b", "c"];
const LINKS = ["l", "m"];
const SNAPSHOTS = ["s1", "s2", "s3", "deep/s4"];

/** The next operation; one that can be done. */
export function chooseOperation(random: Random, state: State, base: Files): Operation {
  for (;;) {
    const operation = anyOperation(random, state);
    if (operation !== null && applyOperation(state, operation, base) !== null) return operation;
  }
}

function anyOperation(random: Random, state: State): Operation | null {
  const missing = WORKSPACES.filter((name) => state[name] === undefined);
  const create = (): Operation => ({ type: "create", workspace: random.pick(missing) });
  const there = Object.keys(state).sort();
  if (there.length === 0) return create();
  const workspace = random.pick(there);
  const taken = Object.keys(state[workspace]!.files).sort();
  const place = (): string => `${random.pick(["", ...DIRECTORIES])}/${random.pick(FILES)}`;
  const text = (): string => `${random.below(1e6)}\n`.repeat(random.pick([1, 1, 1, 200, 20_000]));
  const name = random.pick(SNAPSHOTS);
  const onTaken = (make: (path: string) => Operation) => (): Operation | null =>
    taken.length === 0 ? null : make(random.pick(taken));
  const choices: (readonly [weight: number, () => Operation | null])[] = [
    [5, () => ({ type: "write", workspace, path: place(), text: text() })],
    [3, () => ({ type: "append", workspace, path: place(), text: text() })],
    [1, () => ({
      type: "symlink",
      workspace,
      path: `${random.pick(DIRECTORIES)}/${random.pick(LINKS)}`,
      text: random.pick(["a", "../x/b", "nowhere"]),
    })],
    [1, () => ({ type: "chmod", workspace, path: place() })],
    [3, onTaken((path) => ({ type: "remove", workspace, path }))],
    [3, onTaken((from) => ({ type: "move", workspace, from, to: random.pick(DIRECTORIES) }))],
    [2, onTaken((from) => ({ type: "move", workspace, from, to: place() }))],
    [4, onTaken((from) => ({ type: "copy", workspace, from, to: random.pick(DIRECTORIES) }))],
    [1, onTaken((from) => ({ type: "copy", workspace, from, to: place() }))],
    [3, () => ({ type: "snapshot", workspace, name })],
    [5, () => ({ type: "restore", workspace, name })],
    [1, () => ({ type: "forget", workspace, name })],
    [2, () => ({ type: "commit", workspace })],
    [1, () => missing.length === 0 ? null : create()],
    [1, () => ({ type: "delete", workspace })],
  ];
  let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, choice] of choices) if ((left -= weight) < 0) return choice();
  return null;
}

/** The state after an operation; `null` where it cannot be done, or changes nothing. */
export function applyOperation(state: State, operation: Operation, base: Files): State | null {
  const { workspace, type } = operation;
  const old = state[workspace];
  if (type === "create") {
    if (old !== undefined) return null;
    return { ...state, [workspace]: { files: base, head: committed(base), snapshots: {} } };
  }
  if (old === undefined) return null;
  if (type === "delete") {
    const { [workspace]: _, ...rest } = state;
    return rest;
  }
  const now = applyInside(old, operation);
  return now && { ...state, [workspace]: now };
}

function applyInside(old: WorkspaceState, operation: Operation): WorkspaceState | null {
  const { files, snapshots } = old;
  switch (operation.type) {
    case "snapshot":
      if (snapshots[operation.name] !== undefined) return null;
      return { ...old, snapshots: { ...snapshots, [operation.name]: files } };
    case "restore": {
      const target = snapshots[operation.name];
      return target === undefined ? null : { ...old, files: target };
    }
    case "forget": {
      const { [operation.name]: gone, ...rest } = snapshots;
      return gone === undefined ? null : { ...old, snapshots: rest };
    }
    case "commit":
      return differs(committed(files), old.head) ? { ...old, head: committed(files) } : null;
    default: {
      const changed = applyToFiles(files, operation);
      return changed && { ...old, files: changed };
    }
  }
}

function applyToFiles(files: Files, operation: Operation): Files | null {
  switch (operation.type) {
    case "write":
    case "append": {
      const { path, text, type } = operation;
      if (files[path]?.startsWith("file ") === false) return null;
      const [, mode = "644", before = ""] = /^file (\d+) ([^]*)$/.exec(files[path] ?? "") ?? [];
      const content = type === "append" ? before + text : text;
      if (content.length > 200_000) return null;
      return put(files, { [path]: `file ${mode} ${content}` });
    }
    case "symlink": {
      const { path, text } = operation;
      return files[path] === undefined ? put(files, { [path]: `link ${text}` }) : null;
    }
    case "chmod": {
      const { path } = operation;
      const file = files[path];
      if (file?.startsWith("file 644 ") !== true) return null;
      return { ...files, [path]: file.replace("644", "755") };
    }
    case "remove":
      return without(files, operation.path);
    case "copy":
    case "move": {
      const { from, to, type } = operation;
      const isDirectory = files[from] === "directory";
      const hasDirectoryName = DIRECTORIES.includes(to);
      if (files[from] === undefined || files[to] !== undefined) return null;
      if (isDirectory !== hasDirectoryName || `${to}/`.startsWith(`${from}/`)) return null;
      const moved = Object.entries(files)
        .filter(([path]) => path === from || path.startsWith(`${from}/`))
        .map(([path, what]) => [to + path.slice(from.length), what]);
      return put(type === "move" ? without(files, from) : files, Object.fromEntries(moved));
    }
    default:
      return null;
  }
}

/** Adds paths, with the directories above them; `null` where one of those is something else. */
function put(files: Files, added: Files): Files | null {
  const result = { ...files };
  for (const [path, what] of Object.entries(added)) {
    for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
      const parent = path.slice(0, end);
      if ((result[parent] ?? added[parent] ?? "directory") !== "directory") return null;
      result[parent] = "directory";
    }
    result[path] = what;
  }
  return Object.keys(result).length > 80 ? null : result;
}

function without(files: Files, path: string): Files {
  const kept = Object.entries(files)
    .filter(([other]) => other !== path && !other.startsWith(`${path}/`));
  return Object.fromEntries(kept);
}

/**
 * The states on the way to what an operation does: the directories above its path can be there, and
 * empty, when the process is killed before it comes to the rest.
 */
export function statesOnTheWay(state: State, operation: Operation): State[] {
  const path = "to" in operation ? operation.to : "path" in operation ? operation.path : "/";
  const { workspace } = operation;
  const states: State[] = [];
  for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
    const { [workspace]: old } = states.at(-1) ?? state;
    const directory = { [path.slice(0, end)]: "directory" };
    states.push({ ...state, [workspace]: { ...old!, files: { ...directory, ...old!.files } } });
  }
  return states;
}

/** What a commit holds of the files. */
export function committed(files: Files): Files {
  return Object.fromEntries(Object.entries(files).filter(([, what]) => what !== "directory"));
}

/** The paths that are not the same in both, sorted. */
export function differences(a: Files, b: Files): string[] {
  const paths = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...paths].filter((path) => a[path] !== b[path]).sort();
}

function differs(a: Files, b: Files): boolean {
  return differences(a, b).length > 0;
}

/** The files that a directory of this machine holds, but for git's own. */
export function filesOf(directory: string, parent = ""): Files {
  const files: Files = {};
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(directory + parent)) {
    const path = `${parent}/${name}`;
    if (path === "/.git") continue;
    const file = directory + path;
    if (isSymlink) files[path] = `link ${Deno.readLinkSync(file)}`;
    else if (isDirectory) Object.assign(files, { [path]: "directory" }, filesOf(directory, path));
    else {
      const executable = (Deno.lstatSync(file).mode! & 0o100) !== 0;
      files[path] = `file ${executable ? 755 : 644} ${Deno.readTextFileSync(file)}`;
    }
  }
  return files;
}
