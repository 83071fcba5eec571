/**
 * How the files differ from the last commit, in groups.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import type { Change } from "../changes.ts";
import { compareTrees } from "../worktree/compare.ts";
import { stateTree } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { workingRenames } from "./renames.ts";
import type { Status } from "./types.ts";

/** What `git status` says after `git add --all`. */
export async function status(
  worktree: Worktree,
  options: { ignored?: boolean } = {},
): Promise<Status> {
  checkOptions("tell the status", options, { ignored: "boolean" });
  using _ = await worktree.useFiles();
  const { root, ignored } = await worktree.look();
  const compared = await compareTrees(worktree.headTree(), stateTree(root, "files"));
  const changes = (await workingRenames(worktree, root, compared)).map(({ change }) => change);
  const ofType = (type: Change["type"]): Change[] =>
    changes.filter((change) => change.type === type);
  return {
    added: ofType("added"),
    modified: ofType("modified"),
    deleted: ofType("deleted"),
    renamed: ofType("renamed"),
    ignored: options.ignored ? ignored.map(ignoredPath) : [],
    hasChanges: changes.length > 0,
  };
}

function ignoredPath(path: string): Change {
  return {
    type: "added",
    path,
    oldPath: null,
    oldOid: null,
    newOid: null,
    oldMode: null,
    newMode: null,
  };
}
