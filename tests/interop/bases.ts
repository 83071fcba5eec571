/**
 * Every kind of base that people have, built by real git.
 *
 * @module
 */

import { git, tryGit } from "../git.ts";
import { writeFiles } from "../temporary.ts";
import { type Base, cloneProject, commitAll, makeProject, writeProject } from "./project.ts";

/** A kind of base, built in an empty directory. */
export interface BaseKind {
  readonly name: string;
  readonly make: (directory: string) => Promise<Base>;
  /** Whether the base's branch can be merged into at once, since nothing is uncommitted. */
  readonly clean: boolean;
  /** Whether git's filters make some files on disk differ from what is stored. */
  readonly converted?: true;
}

async function makeUncommitted(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  const { path } = base;
  await writeFiles(path, {
    "README.md": "# Project, modified\n",
    "src/main.ts": "staged\n",
    "staged-new.txt": "new\n",
    "intended.txt": "only announced\n",
    "untracked/file.txt": "untracked\n",
  });
  await git(path, "mv", "docs/notes.md", "docs/renamed.md");
  await git(path, "add", "src/main.ts", "staged-new.txt");
  await git(path, "add", "--intent-to-add", "intended.txt");
  await writeFiles(path, { "src/main.ts": "staged, then modified\n" });
  await Deno.remove(`${path}/src/deep/er/leaf.txt`);
  await git(path, "rm", "--quiet", "--cached", "data.bin");
  await git(path, "rm", "--quiet", "empty.txt");
  await Deno.chmod(`${path}/tool.sh`, 0o644);
  await Deno.chmod(`${path}/odd names/ünï\ncödé -x.txt`, 0o755);
  return base;
}

async function makeUnborn(directory: string): Promise<Base> {
  const path = `${directory}/base`;
  await Deno.mkdir(path);
  await git(path, "init", "--quiet");
  await writeProject(path);
  await git(path, "add", "src");
  return { path, store: `${path}/.git` };
}

async function makeLinked(directory: string): Promise<Base> {
  const { path, store } = await makeProject(`${directory}/main`);
  await git(path, "worktree", "add", "--quiet", "-b", "side", `${directory}/base`);
  return { path: `${directory}/base`, store, watched: [`${directory}/base`, path] };
}

async function makeLinkedToBare(directory: string): Promise<Base> {
  await makeProject(`${directory}/origin`);
  await git(directory, "clone", "--quiet", "--bare", "origin", "bare.git");
  await git(`${directory}/bare.git`, "worktree", "add", "--quiet", `${directory}/base`, "main");
  return { path: `${directory}/base`, store: `${directory}/bare.git`, watched: [directory] };
}

async function makeSeparate(directory: string): Promise<Base> {
  const { path } = await makeProject(`${directory}/base`);
  await git(path, "init", "--quiet", "--separate-git-dir", `${directory}/separate`);
  return { path, store: `${directory}/separate`, watched: [directory] };
}

async function makeDetached(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  await git(base.path, "checkout", "--quiet", "--detach");
  return base;
}

function makeSparse(...options: string[]): BaseKind["make"] {
  return async (directory) => {
    const base = await makeProject(`${directory}/base`);
    await git(base.path, "sparse-checkout", "set", ...options);
    return base;
  };
}

async function makeReference(directory: string): Promise<Base> {
  const { path } = await makeProject(`${directory}/reference`);
  await git(directory, "clone", "--quiet", "--reference", path, `file://${path}`, "base");
  await writeFiles(`${directory}/base`, { "own.txt": "not in the alternate\n" });
  await commitAll(`${directory}/base`, "own");
  return {
    path: `${directory}/base`,
    store: `${directory}/base/.git`,
    watched: [`${directory}/base`, path],
  };
}

async function makeShared(directory: string): Promise<Base> {
  const { path } = await makeProject(`${directory}/shared`);
  await git(directory, "clone", "--quiet", "--shared", path, "base");
  return {
    path: `${directory}/base`,
    store: `${directory}/base/.git`,
    watched: [`${directory}/base`, path],
  };
}

/** A repository with two submodules, of which one is not checked out. */
export async function makeSubmodule(directory: string): Promise<Base> {
  const library = await makeProject(`${directory}/library`);
  const base = await makeProject(`${directory}/base`);
  await git(base.path, "submodule", "--quiet", "add", library.path, "lib/filled");
  await git(base.path, "submodule", "--quiet", "add", library.path, "lib/empty");
  await git(base.path, "commit", "--quiet", "--message", "submodules");
  await git(base.path, "submodule", "--quiet", "deinit", "lib/empty");
  return base;
}

async function makeInSubmodule(directory: string): Promise<Base> {
  const { path } = await makeSubmodule(directory);
  await git(`${path}/lib/filled`, "checkout", "--quiet", "main");
  return {
    path: `${path}/lib/filled`,
    store: `${path}/.git/modules/lib/filled`,
    watched: [directory],
  };
}

async function makeIndexV4(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  await git(base.path, "update-index", "--index-version", "4");
  return base;
}

/** A repository whose files git converts; `files` are as git stores them. */
export function makeConverted(attributes: string, files: Record<string, string>): BaseKind["make"] {
  return async (directory) => {
    const { path, store } = await makeProject(`${directory}/base`);
    await git(path, "config", "filter.stored.clean", "sed s/plain/stored/");
    await git(path, "config", "filter.stored.smudge", "sed s/stored/plain/");
    await writeFiles(path, { ".gitattributes": attributes, ...files });
    await git(path, "add", "--renormalize", ".");
    await commitAll(path, "converted");
    // Written by git now, through its filters.
    await git(path, "rm", "--quiet", "--cached", "-r", ".");
    await git(path, "reset", "--quiet", "--hard");
    return { path, store };
  };
}

/** Files that their owner keeps out of what git sees, modified and missing. */
async function makeMarked(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  const { path } = base;
  await git(path, "update-index", "--skip-worktree", "README.md", "data.bin");
  await git(path, "update-index", "--assume-unchanged", "docs/notes.md", "empty.txt");
  await writeFiles(path, { "README.md": "the owner's alone\n", "docs/notes.md": "so is this\n" });
  await Deno.remove(`${path}/data.bin`);
  await Deno.remove(`${path}/empty.txt`);
  return base;
}

async function makeConflict(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  const { path } = base;
  await git(path, "checkout", "--quiet", "-b", "theirs");
  await writeFiles(path, { "README.md": "theirs\n", "docs/notes.md": "theirs\n" });
  await commitAll(path, "theirs");
  await git(path, "checkout", "--quiet", "main");
  await git(path, "rm", "--quiet", "docs/notes.md");
  await writeFiles(path, { "README.md": "ours\n" });
  await commitAll(path, "ours");
  await tryGit(path, ["merge", "theirs"]);
  return base;
}

async function makePacked(directory: string): Promise<Base> {
  const base = await makeProject(`${directory}/base`);
  const { path } = base;
  await git(path, "tag", "--annotate", "--message", "tagged", "v1");
  await git(path, "branch", "other");
  await writeFiles(path, { "README.md": "stashed\n" });
  await git(path, "stash", "--quiet");
  await git(path, "pack-refs", "--all");
  await git(path, "gc", "--quiet");
  return base;
}

async function makeOdd(directory: string): Promise<Base> {
  return await makeProject(`${directory}/a base\nof "ödd" name\\, 100%20 `);
}

/** A directory that is no repository. */
export async function makePlain(directory: string): Promise<Base> {
  const path = `${directory}/base`;
  await writeProject(path);
  return { path, store: `${path}/.agentfs/store.git` };
}

async function makeEnclosed(directory: string): Promise<Base> {
  const around = `${directory}/around`;
  const path = `${around}/packages/base`;
  await makeProject(around);
  await writeProject(path);
  await writeFiles(around, {
    ".git/info/exclude": "excluded.*\n",
    ".gitignore": "*.log\n/packages/base/docs/\n",
    "packages/.gitignore": "base/src/deep\n!main.log\n",
    "packages/base/excluded.txt": "",
    "packages/base/main.log": "taken along\n",
  });
  return { path, store: `${path}/.agentfs/store.git`, watched: [around] };
}

/** Not a part of the repository around it, whose rules would leave nothing of it. */
async function makeIgnored(directory: string): Promise<Base> {
  const around = `${directory}/around`;
  const path = `${around}/packages/base`;
  await makeProject(around);
  await writeProject(path);
  await writeFiles(around, { ".gitignore": "*\n!.gitignore\n" });
  return { path, store: `${path}/.agentfs/store.git`, watched: [around] };
}

async function makeEmpty(directory: string): Promise<Base> {
  const path = `${directory}/base`;
  await Deno.mkdir(path);
  return { path, store: `${path}/.agentfs/store.git` };
}

async function makeOwnStore(directory: string): Promise<Base> {
  const { path } = await makeUncommitted(directory);
  return { path, store: `${path}/.agentfs/store.git`, config: { store: "own" } };
}

/** The kinds of bases that can be used. */
export const baseKinds: readonly BaseKind[] = [
  { name: "a clean repository", clean: true, make: (at) => makeProject(`${at}/base`) },
  { name: "uncommitted changes", clean: false, make: makeUncommitted },
  { name: "no commit yet", clean: false, make: makeUnborn },
  { name: "a linked worktree", clean: true, make: makeLinked },
  { name: "a worktree of a bare repository", clean: true, make: makeLinkedToBare },
  { name: "a git directory elsewhere", clean: true, make: makeSeparate },
  { name: "a detached HEAD", clean: true, make: makeDetached },
  { name: "a shallow clone", clean: true, make: (at) => cloneProject(at, "--depth=1") },
  { name: "a partial clone", clean: true, make: (at) => cloneProject(at, "--filter=blob:none") },
  {
    name: "a sparse partial clone",
    clean: true,
    make: (at) => cloneProject(at, "--filter=blob:none", "--sparse"),
  },
  { name: "a sparse checkout in cones", clean: true, make: makeSparse("--cone", "src/deep") },
  {
    name: "a sparse checkout by patterns",
    clean: true,
    make: makeSparse("--no-cone", "/*", "!docs", "!*.bin"),
  },
  {
    name: "a sparse index",
    clean: true,
    make: makeSparse("--cone", "--sparse-index", "docs"),
  },
  { name: "alternates by clone --reference", clean: true, make: makeReference },
  { name: "alternates by clone --shared", clean: true, make: makeShared },
  { name: "submodules", clean: true, make: makeSubmodule },
  { name: "a submodule", clean: true, make: makeInSubmodule },
  { name: "an index of version 4", clean: true, make: makeIndexV4 },
  {
    name: "CRLF line ends",
    clean: true,
    converted: true,
    make: makeConverted("* text=auto eol=crlf\n*.ts text eol=crlf\n", { "more.ts": "a\nb\n" }),
  },
  {
    name: "a custom filter, as LFS is one",
    clean: true,
    converted: true,
    make: makeConverted("*.big filter=stored -text\n", {
      "a.big": "a plain text\n",
      "same-size.big": "what is not converted\n",
    }),
  },
  {
    name: "an ident attribute",
    clean: true,
    converted: true,
    make: makeConverted("*.c ident\n", { "id.c": "/* $Id$ */\n" }),
  },
  { name: "files marked as unchanged or skipped", clean: false, make: makeMarked },
  { name: "a merge in conflict", clean: false, make: makeConflict },
  { name: "packed refs, reflogs and a stash", clean: true, make: makePacked },
  { name: "a path with spaces, newline and unicode", clean: true, make: makeOdd },
  { name: "a plain directory", clean: false, make: makePlain },
  { name: "a directory inside a repository", clean: false, make: makeEnclosed },
  { name: "a directory that the repository around it ignores", clean: false, make: makeIgnored },
  { name: "an empty directory", clean: false, make: makeEmpty },
  { name: "a repository, with a store of our own", clean: false, make: makeOwnStore },
];
