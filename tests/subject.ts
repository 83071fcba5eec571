/**
 * What bad input is tried on: a project with a workspace in which everything was used once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type AgentFS, AgentFSError, type Workspace } from "@agentfs/sdk";
import { makeProject, type Project } from "./project.ts";

/** A project that is open, and its workspace "w". */
export interface Subject {
  readonly project: Project;
  readonly afs: AgentFS;
  readonly workspace: Workspace;
}

/** Makes one for a test. */
export async function makeSubject(): Promise<Subject & AsyncDisposable> {
  const project = await makeProject({
    files: { "a.txt": "one\n", "d/b.txt": "two\n" },
    repository: true,
    config: { lockTimeout: 1000 },
  });
  const { afs } = project;
  const workspace = await afs.workspace.create("w");
  await workspace.writeFile("/binary", new Uint8Array([0, 0xff, 0xfe]));
  await workspace.symlink("/etc", "/out");
  await workspace.batch([{ type: "mkdir", path: "/d" }]);
  await workspace.snapshot.create("s");
  await workspace.run("true");
  return { project, afs, workspace, [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

/** The error that a call ends in, at once or later. */
export async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

/** What tells the kind of an error. */
export function codeOf(error: Error): string {
  return error instanceof AgentFSError ? error.code : error.name;
}
