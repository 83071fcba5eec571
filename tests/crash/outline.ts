/**
 * All that shows of workspaces, on disk and in git, as plain data that can be compared.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Workspace } from "@agentfs/sdk";
import { hashObject } from "../../src/git/object.ts";
import { git } from "../git.ts";
import { type Files, filesOf, type State } from "./model.ts";

/** One workspace; trees of git are paths with modes and object ids. */
export interface Outline {
  files: Files;
  head: Files;
  snapshots: Record<string, Files>;
}

/** The outline of what a model says. */
export function outlineOfState(state: State): Record<string, Outline> {
  const outlines = Object.entries(state).map(([name, { files, head, snapshots }]) => {
    const trees = Object.entries(snapshots).map(([name, files]) => [name, treeOf(files)]);
    return [name, { files, head: treeOf(head), snapshots: Object.fromEntries(trees) }];
  });
  return Object.fromEntries(outlines);
}

/** What git lists of a tree of these files; directories without an id. */
function treeOf(files: Files): Files {
  const entries = Object.entries(files).map(([path, what]) => {
    const [, kind, mode, text = ""] = /^(\S+) ?(755|644)? ?([^]*)$/.exec(what)!;
    if (kind === "directory") return [path, "040000"];
    const oid = hashObject("blob", new TextEncoder().encode(text));
    return [path, `${kind === "link" ? "120000" : `100${mode}`} ${oid}`];
  });
  return Object.fromEntries(entries);
}

/** The outline of what is there. */
export async function outlineOf(
  workspaces: readonly Workspace[],
): Promise<Record<string, Outline>> {
  const outlines: Record<string, Outline> = {};
  for (const workspace of workspaces) outlines[workspace.name] = await look(workspace);
  return outlines;
}

async function look({ name, path, snapshot }: Workspace): Promise<Outline> {
  const snapshots: Record<string, Files> = {};
  for (const { name, oid } of await snapshot.list()) {
    snapshots[name] = await listTree(path, "-t", oid);
  }
  return { files: filesOf(path), head: await listTree(path, `agentfs/${name}`), snapshots };
}

/** What `git ls-tree` lists; directories only under `-t`. */
async function listTree(directory: string, ...args: string[]): Promise<Files> {
  const listing = await git(directory, "ls-tree", "-r", "-z", ...args);
  return Object.fromEntries(
    listing.split("\0").slice(0, -1).map((line) => {
      const [, mode, type, oid, path] = /^(\d+) (\w+) (\w+)\t([^]*)$/.exec(line)!;
      return [`/${path}`, type === "tree" ? mode! : `${mode} ${oid}`];
    }),
  );
}

/** Whether two outlines are the same. */
export function isSame(a: Record<string, Outline>, b: Record<string, Outline>): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
