/**
 * The project that all bases hold: something of everything that git tracks, and of what it ignores.
 *
 * @module
 */

import type { ConfigInput } from "../../mod.ts";
import { git } from "../git.ts";
import { writeFiles } from "../temporary.ts";

/** A base on disk. */
export interface Base {
  /** What is opened. */
  readonly path: string;
  /** The git directory that holds our objects and refs once the base was opened. */
  readonly store: string;
  /** Directories of the owner's, of which nothing may change; by default the base alone. */
  readonly watched?: readonly string[];
  readonly config?: ConfigInput;
}

/** What every base holds: text, binary, a link, an executable, odd names, ignored and force-added. */
export async function writeProject(path: string): Promise<void> {
  await writeFiles(path, {
    ".gitignore": "*.log\nbuild/\n",
    "README.md": "# Project\n",
    "src/main.ts": "export const answer = 42;\n",
    "src/deep/er/leaf.txt": "leaf\n",
    "docs/notes.md": "one\ntwo\nthree\n",
    "odd names/ünï\ncödé -x.txt": "odd\n",
    "empty.txt": "",
    "tool.sh": "#!/bin/sh\necho tool\n",
    "kept.log": "ignored, and tracked all the same\n",
    "debug.log": "ignored\n",
    "build/out.o": "ignored too\n",
  });
  await Deno.writeFile(`${path}/data.bin`, new Uint8Array([0, 1, 2, 253, 254, 255, 0]));
  await Deno.chmod(`${path}/tool.sh`, 0o755);
  await Deno.symlink("src/main.ts", `${path}/link`);
}

/** Makes a repository with two commits of the project. */
export async function makeProject(path: string): Promise<Base> {
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "--quiet");
  await writeFiles(path, { "docs/notes.md": "one\n" });
  await commitAll(path, "first");
  await writeProject(path);
  await git(path, "add", "--force", "kept.log");
  await commitAll(path, "second");
  return { path, store: `${path}/.git` };
}

/** Commits everything that is not ignored. */
export async function commitAll(path: string, message: string): Promise<void> {
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--message", message);
}

/** Clones over git's own protocol, so that options on what is fetched have their effect. */
export async function cloneProject(directory: string, ...options: string[]): Promise<Base> {
  await makeProject(`${directory}/origin`);
  await git(`${directory}/origin`, "config", "uploadpack.allowFilter", "true");
  await git(directory, "clone", "--quiet", ...options, `file://${directory}/origin`, "base");
  return {
    path: `${directory}/base`,
    store: `${directory}/base/.git`,
    watched: [`${directory}/base`, `${directory}/origin`],
  };
}
