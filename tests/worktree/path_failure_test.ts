import assert from "node:assert/strict";
import { PathError } from "../../src/errors.ts";
import { attempt, pathFailure } from "../../src/worktree/path_failure.ts";

function failure(code: string): Error {
  return Object.assign(new Error(`${code} (os error 0)`), { code });
}

Deno.test("pathFailure() gives every POSIX code its class, its fact and its cause", () => {
  const table: [code: string, name: string, fact: string][] = [
    ["ENOENT", "FileNotFoundError", "nothing is there"],
    ["EEXIST", "FileExistsError", "something is there already"],
    ["ENOTDIR", "NotADirectoryError", "a part of the path is no directory"],
    ["EISDIR", "IsADirectoryError", "it is a directory"],
    ["ENOTEMPTY", "DirectoryNotEmptyError", "the directory is not empty"],
    ["EACCES", "PathError", "permission is denied"],
    ["EPERM", "PathError", "the operating system does not permit it"],
    ["EROFS", "PathError", "the file system is read-only"],
    ["ENOSPC", "PathError", "no space is left on the disk"],
    ["EMFILE", "PathError", "this process has too many open files"],
    ["ESTRANGE", "PathError", "ESTRANGE (os error 0)"],
  ];
  for (const [code, name, fact] of table) {
    const cause = failure(code);
    const error = pathFailure("write", "/a", cause);
    assert.deepEqual([error.name, error.message], [name, `Cannot write "/a": ${fact}`]);
    assert.equal(error.cause, cause);
  }
});

Deno.test("pathFailure() knows Deno's own refusals", () => {
  const error = pathFailure("read", "/a", new Deno.errors.NotCapable("Requires read access"));
  assert.match(error.message, /Deno does not permit it; grant --allow-read and --allow-write/);
});

Deno.test("attempt() passes on what is typed already", () => {
  const typed = new PathError("typed", "/a");
  assert.throws(() =>
    attempt("read", "/b", () => {
      throw typed;
    }), (error) => error === typed);
  assert.equal(attempt("read", "/b", () => 1), 1);
});
