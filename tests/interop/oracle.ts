/**
 * What real git says, asked without changing anything: over a copy of the index, with a directory of
 * its own for the objects that it writes.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Status } from "../../mod.ts";
import { git, type GitOutput, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

/** Runs several git commands of which none changes the repository around `directory`. */
async function aside(directory: string, ...commands: string[][]): Promise<string> {
  await using scratch = await temporaryDirectory();
  const path = async (name: string): Promise<string> =>
    (await git(directory, "rev-parse", "--path-format=absolute", "--git-path", name))
      .replace(/\n$/, "");
  const index = `${scratch.path}/index`;
  // With the times of the index, by which git knows the entries that it must not believe.
  const copied = await new Deno.Command("cp", { args: ["-p", await path("index"), index] })
    .output();
  // A repository without an index is one in which nothing was ever added.
  if (!copied.success) await Deno.remove(index).catch(() => {});
  const env = {
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: scratch.path,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(await path("objects")),
  };
  let output: GitOutput | undefined;
  for (const command of commands) {
    output = await tryGit(directory, command, { env });
    assert.equal(output.code, 0, `git ${command.join(" ")}: ${output.stderr}`);
  }
  return output?.stdout ?? "";
}

/** The id of the tree that `git add --all` makes of the files in `directory`. */
export async function treeOnDisk(directory: string): Promise<string> {
  const prefix = await tryGit(directory, ["rev-parse", "--show-prefix"]);
  const below = prefix.stdout.trim();
  const ignored = below !== "" &&
    (await tryGit(directory, ["check-ignore", "--quiet", "."])).code === 0;
  if (prefix.code === 0 && !ignored) {
    const writeTree = ["write-tree", ...below === "" ? [] : [`--prefix=${below}`]];
    return (await aside(directory, ["add", "--all", "."], writeTree)).trim();
  }
  await using scratch = await temporaryDirectory();
  await git(scratch.path, "init", "--quiet", "--bare");
  const options = [`--git-dir=${scratch.path}`, `--work-tree=${directory}`];
  await git(directory, ...options, "add", "--all");
  return (await git(directory, ...options, "write-tree")).trim();
}

/** Each path that `git status` shows after `git add --all`, with what became of it. */
async function gitStatus(directory: string): Promise<Map<string, string>> {
  const output = await aside(
    directory,
    ["add", "--all"],
    ["status", "--porcelain=v1", "-z", "--no-renames"],
  );
  const lines = output.split("\0").filter((line) => line !== "");
  return new Map(
    // A file that became a link is modified, to us.
    lines.map((line) => [`/${line.slice(3)}`, line.slice(0, 2).trim().replace("T", "M")]),
  );
}

/** Fails where our status is not what git's is. */
export async function assertStatus(directory: string, status: Status): Promise<void> {
  const ours = new Map<string, string>();
  for (const { path } of status.added) ours.set(path, "A");
  for (const { path } of status.modified) ours.set(path, "M");
  for (const { path } of status.deleted) ours.set(path, "D");
  for (const { path, oldPath } of status.renamed) ours.set(path, "A").set(oldPath ?? "", "D");
  assert.deepEqual(sorted(ours), sorted(await gitStatus(directory)));
}

function sorted(map: Map<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : 1);
}

/** Fails where `git fsck` finds anything in the repository around `directory`. */
export async function assertSound(directory: string): Promise<void> {
  const { code, stdout, stderr } = await tryGit(directory, [
    "fsck",
    "--full",
    "--strict",
    "--no-dangling",
    "--no-progress",
  ]);
  const found = `${stdout}${stderr}`.replace(/^notice: \S+ points to an unborn branch.*\n/m, "");
  assert.deepEqual({ code, found }, { code: 0, found: "" });
}

/** Every file and directory below `directory`, with permission bits and content. */
export function filesOnDisk(directory: string): Map<string, string> {
  const files = new Map<string, string>();
  const look = (path: string): void => {
    const entries = [...Deno.readDirSync(directory + path)];
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name } of entries) {
      const below = `${path}/${name}`;
      if (below === "/.git") continue;
      const stat = Deno.lstatSync(directory + below);
      const bits = (stat.mode! & 0o7777).toString(8);
      if (stat.isSymlink) files.set(below, `link ${Deno.readLinkSync(directory + below)}`);
      else if (stat.isDirectory) files.set(below, `directory ${bits}`);
      else files.set(below, `file ${bits} ${blobId(Deno.readFileSync(directory + below))}`);
      if (stat.isDirectory) look(below);
    }
  };
  look("");
  return files;
}

/** Fails where the files in `directory` are not exactly the blobs of a tree. */
export async function assertFilesAre(directory: string, tree: string): Promise<void> {
  const listed = await git(directory, "ls-tree", "-r", "-z", "--full-tree", tree);
  const expected = new Map<string, string>();
  for (const line of listed.split("\0").filter((line) => line !== "")) {
    const [facts, path] = line.split("\t") as [string, string];
    const [mode, type, oid] = facts.split(" ") as [string, string, string];
    if (type === "blob") expected.set(`/${path}`, `${mode} ${oid}`);
  }
  const found = new Map<string, string>();
  for (const [path, facts] of filesOnDisk(directory)) {
    if (facts.startsWith("directory")) continue;
    const [kind, bits, oid] = facts.split(" ") as [string, string, string];
    const mode = kind === "link"
      ? "120000"
      : Number.parseInt(bits, 8) & 0o100
      ? "100755"
      : "100644";
    const target = new TextEncoder().encode(facts.slice("link ".length));
    found.set(path, `${mode} ${kind === "link" ? blobId(target) : oid}`);
  }
  // What a sparse checkout leaves out is in the tree, and nowhere on disk.
  const absent = new Set(
    (await git(directory, "ls-files", "-z", "-t")).split("\0")
      .filter((line) => line.startsWith("S ")).map((line) => `/${line.slice(2)}`),
  );
  for (const path of absent) expected.delete(path);
  assert.deepEqual(sorted(found), sorted(expected));
}

function blobId(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
