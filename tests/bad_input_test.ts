/**
 * Bad input: a typed error each, which names the thing and what to do, and nothing is changed.
 */

import assert from "node:assert/strict";
import { AgentFS, type ErrorCode, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "./everything.ts";
import { git } from "./git.ts";
import { codeOf, errorOf, makeSubject, type Subject } from "./subject.ts";

interface BadInput {
  readonly call: (subject: Subject) => unknown;
  readonly code: ErrorCode | "TypeError" | "RangeError";
  readonly message: RegExp;
}

const REMEDY_FOR_TEXT = /Cannot read as text "\/binary": its bytes are not UTF-8; .*readBytes/;

const BAD: Record<string, BadInput> = {
  "a base that does not exist": {
    call: async ({ project }) => {
      await using afs = new AgentFS(`${project.directory}/missing`);
      await afs.workspace.create("x");
    },
    code: "FileNotFoundError",
    message: /Cannot open the base \/.*\/missing: nothing is there/,
  },
  "a base that is a file": {
    call: async ({ project }) => {
      await using afs = new AgentFS(`${project.path}/a.txt`);
      await afs.workspace.create("x");
    },
    code: "NotADirectoryError",
    message: /Cannot open the base \/.*\/a\.txt: it is not a directory/,
  },
  ...badNames(["../x", "a/../b"], "InvalidNameError", /two dots in a row/),
  ...badNames([".git", "a/.git"], "InvalidNameError", /starts? with (-, )?(a dot|\.)/),
  ...badNames(["trash", "trash/x", "HEAD"], "InvalidNameError", /reserved/),
  ...badNames(["x".repeat(300)], "InvalidNameError", /at most 200 bytes/),
  ...badNames(["", "a//b", "/a"], "InvalidNameError", /at least one character|empty part/),
  ...badNames(["a b", "a\nb", "a~1", "*"], "InvalidNameError", /no space, control character/),
  "a workspace name that is taken": {
    call: ({ afs }) => afs.workspace.create("w"),
    code: "WorkspaceExistsError",
    message: /"w": it is there already; get it, delete it, or choose another name/,
  },
  "a workspace that is not there": {
    call: ({ afs }) => afs.workspace.get("x"),
    code: "WorkspaceNotFoundError",
    message: /Cannot find the workspace "x": there are "w"; create it first/,
  },
  "a snapshot name that is taken": {
    call: ({ workspace }) => workspace.snapshot.create("s"),
    code: "SnapshotExistsError",
    message: /Cannot take the snapshot "s": it is there already; delete it first or choose another/,
  },
  "an unknown snapshot to restore": {
    call: ({ workspace }) => workspace.snapshot.restore("x"),
    code: "SnapshotNotFoundError",
    message: /Cannot find the snapshot "x" of workspace "w": it has "s"/,
  },
  "an unknown snapshot to delete": {
    call: ({ workspace }) => workspace.snapshot.delete("../s"),
    code: "SnapshotNotFoundError",
    message: /Cannot find the snapshot "\.\.\/s" of workspace "w": it has "s"/,
  },
  "an unknown snapshot to compare with": {
    call: ({ workspace }) => workspace.diff({ against: "x" }),
    code: "SnapshotNotFoundError",
    message: /Cannot compare with "x": workspace "w" has no snapshot, and the repository no branch/,
  },
  "an unknown snapshot to start from": {
    call: ({ afs }) => afs.workspace.create("x", { fromSnapshot: "x" }),
    code: "SnapshotNotFoundError",
    message: /Cannot create a workspace from the snapshot "x": no workspace has it/,
  },
  "an unknown commit to start from": {
    call: ({ afs }) => afs.workspace.create("x", { from: "deadbeef" }),
    code: "WorkspaceNotFoundError",
    message: /Cannot create a workspace from "deadbeef": .* no workspace, branch, tag or commit/,
  },
  "a snapshot of another workspace": {
    call: async ({ workspace }) => {
      const snapshot = await workspace.snapshot.get("s");
      await workspace.snapshot.restore({ ...snapshot, oid: "0".repeat(40) });
    },
    code: "SnapshotNotFoundError",
    message: /Cannot restore the snapshot "s" of workspace "w": it is not the one given/,
  },
  ...badPaths(["../x", "/../x", "d/../../x"], "PathError", /leads out of the workspace/),
  ...badPaths(["/out/passwd"], "PathError", /only relative targets are followed/),
  ...badPaths(["/.git/config", "/.GIT", "/d/git~1"], "PathError", /stands for \.git/),
  ...badPaths(["/a\0b"], "PathError", /holds no NUL/),
  ...badPaths(["/a\ud800"], "PathError", /valid Unicode/),
  ...badPaths([`/${"x".repeat(256)}`], "PathError", /at most 255 bytes/),
  ...badPaths([`/${"x/".repeat(2100)}`], "PathError", /at most 4095 bytes/),
  ...badPaths(["/a.txt/x"], "NotADirectoryError", /"\/a\.txt" is no directory/),
  "a directory to read": {
    call: ({ workspace }) => workspace.readFile("/d"),
    code: "IsADirectoryError",
    message: /Cannot read "\/d": it is a directory/,
  },
  "a directory to write": {
    call: ({ workspace }) => workspace.writeFile("/d", "x"),
    code: "IsADirectoryError",
    message: /Cannot write "\/d": it is a directory/,
  },
  "a directory to open": {
    call: ({ workspace }) => workspace.openStream("/d", "a"),
    code: "IsADirectoryError",
    message: /"\/d": it is a directory/,
  },
  "a file to list": {
    call: ({ workspace }) => workspace.listDir("/a.txt"),
    code: "NotADirectoryError",
    message: /Cannot list "\/a\.txt": it is no directory/,
  },
  "a missing file to read": {
    call: ({ workspace }) => workspace.readFile("/x"),
    code: "FileNotFoundError",
    message: /Cannot read "\/x": nothing is there/,
  },
  "a full directory to delete": {
    call: ({ workspace }) => workspace.delete("/d"),
    code: "DirectoryNotEmptyError",
    message: /Cannot delete "\/d": the directory is not empty; delete it with recursive: true/,
  },
  "the workspace itself to delete as a path": {
    call: ({ workspace }) => workspace.delete("/", { recursive: true }),
    code: "PathError",
    message: /Cannot delete "\/": it is the workspace itself; delete that by its name/,
  },
  "a file to make anew that is there": {
    call: ({ workspace }) => workspace.writeFile("/a.txt", "x", { createNew: true }),
    code: "FileExistsError",
    message: /Cannot write "\/a\.txt": something is there already/,
  },
  "a directory to copy into itself": {
    call: ({ workspace }) => workspace.copy("/d", "/d/e"),
    code: "PathError",
    message: /Cannot copy "\/d": the directory cannot be copied into itself, to "\/d\/e"/,
  },
  "a file to read as a link": {
    call: ({ workspace }) => workspace.readLink("/a.txt"),
    code: "PathError",
    message: /Cannot read the link "\/a\.txt": it is no link/,
  },
  "binary bytes to readFile()": {
    call: ({ workspace }) => workspace.readFile("/binary"),
    code: "EncodingError",
    message: REMEDY_FOR_TEXT,
  },
  "text that is no Unicode": {
    call: ({ workspace }) => workspace.writeFile("/x", "half \ud83d"),
    code: "EncodingError",
    message: /Cannot write "\/x": the text holds half of a surrogate pair/,
  },
  "a mode that is none": {
    call: ({ workspace }) => workspace.chmod("/a.txt", 0o10000),
    code: "RangeError",
    message: /Cannot use 4096 as a mode: a mode is an integer from 0 to 0o7777/,
  },
  ...badAuthors(["", "x", "x@y", "<x@y>", "x <>", "x <y", "a\nb <x@y>", "x <a b>", "x <y> z"]),
  "an empty message": {
    call: ({ workspace }) => workspace.commit(" \n"),
    code: "CommitError",
    message: /Cannot commit: a message is a string with text in it/,
  },
  "a pattern that costs too much": {
    call: ({ workspace }) => workspace.commit("x", { include: ["x".repeat(5000)] }),
    code: "TypeError",
    message: /Cannot use the pattern "x+…": a pattern has at most 4096 bytes/,
  },
  "a limit of nothing": {
    call: ({ workspace }) => workspace.log({ limit: 0 }),
    code: "RangeError",
    message: /Cannot list commits: limit is a whole number above 0, not 0/,
  },
  "an unknown command": {
    call: ({ workspace }) => workspace.run(["no-such-program", "x"]),
    code: "CommandError",
    message: /Cannot run "no-such-program x": there is no program "no-such-program" in .*; install/,
  },
  "an unknown command by its path": {
    call: ({ workspace }) => workspace.spawn(["./no-such-program"]),
    code: "CommandError",
    message: /"\.\/no-such-program" is missing, seen from \/, .* check both/,
  },
  "an unknown command for the shell, under check": {
    call: ({ workspace }) => workspace.run("no-such-program", { check: true }),
    code: "CommandError",
    message: /"no-such-program".*127/s,
  },
  "a command that is not executable": {
    call: ({ workspace }) => workspace.run(["./a.txt"]),
    code: "CommandError",
    message: /"\.\/a\.txt" is not executable; chmod it/,
  },
  "an empty command": {
    call: ({ workspace }) => workspace.run([]),
    code: "TypeError",
    message: /Cannot run a command: it is empty; name a program/,
  },
  "a missing working directory": {
    call: ({ workspace }) => workspace.run("true", { workdir: "/x" }),
    code: "FileNotFoundError",
    message: /Cannot run a command in \/x: there is no such directory/,
  },
  "a working directory that is a file": {
    call: ({ workspace }) => workspace.run("true", { workdir: "/a.txt" }),
    code: "NotADirectoryError",
    message: /Cannot run a command in \/a\.txt: it is not a directory/,
  },
  "a working directory outside": {
    call: ({ workspace }) => workspace.run("true", { workdir: "../.." }),
    code: "PathError",
    message: /leads out of the workspace/,
  },
  ...badTimeouts([0, -1, NaN, Infinity]),
  "use after close()": {
    call: async ({ project }) => {
      const afs = new AgentFS(project.path);
      const workspace = await afs.workspace.get("w");
      await afs.close();
      await workspace.writeFile("/a.txt", "x");
    },
    code: "ClosedError",
    message: /Cannot use workspace "w": this AgentFS is closed/,
  },
};

function badNames(names: string[], code: ErrorCode, message: RegExp): Record<string, BadInput> {
  const shown = (name: string): string => JSON.stringify(name.slice(0, 40));
  return Object.fromEntries(names.flatMap((name) => [
    [`the workspace name ${shown(name)}`, {
      call: ({ afs }: Subject) => afs.workspace.create(name),
      code,
      message,
    }],
    [`the snapshot name ${shown(name)}`, {
      call: ({ workspace }: Subject) => workspace.snapshot.create(name),
      code,
      message,
    }],
  ]));
}

/** A path that no method takes, as each of their arguments. */
function badPaths(paths: string[], code: ErrorCode, message: RegExp): Record<string, BadInput> {
  const methods: Record<string, (workspace: Workspace, path: string) => unknown> = {
    readFile: (workspace, path) => workspace.readFile(path),
    readBytes: (workspace, path) => workspace.readBytes(path),
    writeFile: (workspace, path) => workspace.writeFile(path, "x"),
    stat: (workspace, path) => workspace.stat(path),
    listDir: (workspace, path) => workspace.listDir(path),
    copyFrom: (workspace, path) => workspace.copy(path, "/x"),
    copyTo: (workspace, path) => workspace.copy("/a.txt", path),
    moveFrom: (workspace, path) => workspace.move(path, "/x"),
    moveTo: (workspace, path) => workspace.move("/a.txt", path),
    delete: (workspace, path) => workspace.delete(path, { recursive: true }),
    mkdir: (workspace, path) => workspace.mkdir(path),
    symlink: (workspace, path) => workspace.symlink("x", path),
    readLink: (workspace, path) => workspace.readLink(path),
    chmod: (workspace, path) => workspace.chmod(path, 0o600),
    openToRead: (workspace, path) => workspace.openStream(path),
    openToWrite: (workspace, path) => workspace.openStream(path, "w"),
    workdir: (workspace, path) => workspace.run("true", { workdir: path }),
  };
  return Object.fromEntries(paths.flatMap((path) =>
    Object.entries(methods).map(([name, call]) => [
      `${name} of the path ${JSON.stringify(path.slice(0, 20))}`,
      { call: ({ workspace }: Subject) => call(workspace, path), code, message },
    ])
  ));
}

function badAuthors(authors: string[]): Record<string, BadInput> {
  return Object.fromEntries(authors.map((author) => [
    `the author ${JSON.stringify(author)}`,
    {
      call: ({ workspace }: Subject) => workspace.commit("x", { author, allowEmpty: true }),
      code: "CommitError",
      message: /Cannot commit as the author ".*": an author is "Name <email>"/s,
    },
  ]));
}

function badTimeouts(timeouts: number[]): Record<string, BadInput> {
  return Object.fromEntries(timeouts.map((timeout) => [
    `a timeout of ${timeout}`,
    {
      call: ({ workspace }: Subject) => workspace.run("true", { timeout }),
      code: "RangeError",
      message: /Cannot use the option timeout: .* ms is not above 0 .*; leave it out for no limit/,
    },
  ]));
}

Deno.test("bad input is a typed error that names the thing, and changes nothing", async () => {
  await using tried = await makeSubject();
  const before = everythingBelow(tried.project.directory);
  for (const [what, { call, code, message }] of Object.entries(BAD)) {
    const error = await errorOf(() => call(tried));
    assert.equal(codeOf(error), code, `${what}: ${error}`);
    assert.match(error.message, message, what);
    assert.deepEqual(everythingBelow(tried.project.directory), before, what);
  }
  assert.equal(await git(tried.project.path, "fsck", "--strict", "--no-dangling"), "");
});
