/**
 * What of the host the git inside follows, found with a handful of `lstat`s: it is asked before every
 * command.
 *
 * @module
 */

import { hashObject } from "../git/object.ts";
import { readTextFile } from "../platform/fs.ts";
import { refNames } from "../registry/layout.ts";
import type { HostFacts } from "../worktree/inside_note.ts";
import { rootRules } from "../worktree/rules.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { areOwnersRefs, mayChangeUnseen, ownersRefsFacts } from "./owners_refs.ts";
import { stamp } from "./stamp.ts";

/** The ignore rules that a workspace's git finds in no `.gitignore`, as the text of `info/exclude`. */
export function excludeText({ base }: Worktree): string {
  return rootRules(base).toGitignore();
}

/** Looks at the host; `known` spares the work for what is as it was. */
export function hostFacts(worktree: Worktree, known: HostFacts | null): HostFacts {
  const { base, name, gitDirectory } = worktree;
  const { commonDirectory } = base.layout;
  const sameRefs = known !== null && areOwnersRefs(commonDirectory, known.refs);
  return {
    branch: base.refs.read(refNames.branch(name)),
    head: readTextFile(`${gitDirectory}/HEAD`) ?? "",
    index: stamp(`${gitDirectory}/index`),
    refs: sameRefs ? known.refs : ownersRefsFacts(commonDirectory),
    shallow: stamp(`${commonDirectory}/shallow`),
    exclude: hashObject("blob", new TextEncoder().encode(excludeText(worktree))),
  };
}

/** Which of them have changed since, or may have. */
export function changedFacts(now: HostFacts, known: HostFacts | null): Set<keyof HostFacts> {
  const keys = Object.keys(now) as (keyof HostFacts)[];
  const changed = keys.filter((key) => now[key] !== known?.[key]);
  return new Set(mayChangeUnseen(now.refs) ? [...changed, "refs"] : changed);
}
