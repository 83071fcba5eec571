/**
 * Removing what a checkout's target does not have, except what the target's own ignore rules ignore.
 *
 * @module
 */

import { chmod, errorCode, lstat, removeFile } from "../platform/fs.ts";
import { MODE } from "../git/tree.ts";
import type { IgnoreRules } from "./ignore.ts";
import { directoryNode, entryAt, type Node, type TreeView } from "./state.ts";

/** Removes files and directories below a root. */
export class Remover {
  readonly #root: string;
  readonly #head: TreeView;

  /** `root` is an absolute path; `head` is what is tracked, and so never ignored. */
  constructor(root: string, head: TreeView) {
    this.#root = root;
    this.#head = head;
  }

  /**
   * Removes what is at `path` of the root, and returns what stays: what is ignored. `rules` are those of
   * the directory above; `null` inside an ignored directory, of which only tracked paths go.
   */
  remove(path: string, name: string, node: Node, rules: IgnoreRules | null): Node | null {
    const file = this.#root + path;
    const isIgnored = rules === null || rules.ignores(name, node.kind === "directory");
    const tracked = isIgnored ? entryAt(this.#head, path.slice(1).split("/")) : null;
    const isTracked = tracked !== null && (tracked.view === null) === (node.kind === "file");
    if (isIgnored && !isTracked) return node;
    if (node.kind === "file") {
      if (node.permissions !== null || node.mode === MODE.submodule) removeUnlessFilled(file);
      return null;
    }
    const isLocked = (node.permissions & 0o300) !== 0o300 && lstat(file)?.isDirectory === true;
    if (isLocked) chmod(file, node.permissions | 0o700);
    const inner = isIgnored ? null : rules.enter(name, null);
    const kept = new Map<string, Node>();
    for (const [child, below] of node.children) {
      const rest = this.remove(`${path}/${child}`, child, below, inner);
      if (rest !== null) kept.set(child, rest);
    }
    if (removeUnlessFilled(file)) return null;
    if (isLocked) chmod(file, node.permissions);
    return directoryNode(node.permissions, kept);
  }
}

/** Removes a file or a directory, which ignored files in it keep; tells whether it is gone. */
function removeUnlessFilled(path: string): boolean {
  try {
    removeFile(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOTEMPTY") return false;
    throw error;
  }
}
