/**
 * Workspaces for tests: made with a base of their own in a temporary directory, gone afterwards.
 *
 * @module
 */

import { AgentFS } from "./agentfs.ts";
import { checkOptions } from "./arguments.ts";
import type { Workspace } from "./workspace.ts";
import { attemptStore } from "./platform/failure.ts";
import { makeDirectory, makeTemporaryDirectory, removeTree, writeFile } from "./platform/fs.ts";
import { resolveBeneath } from "./worktree/beneath.ts";
import { dirname } from "@std/path/posix";

/**
 * A base and a workspace in a temporary directory.
 *
 * @example
 * ```ts
 * import { TemporaryWorkspace } from "@agentfs/sdk/testing";
 *
 * await using temporary = await TemporaryWorkspace.create({ files: { "/a.txt": "one" } });
 * console.log(await temporary.workspace.readFile("/a.txt")); // one
 * ```
 */
export class TemporaryWorkspace implements AsyncDisposable {
  /** The base that the workspace is of. */
  readonly afs: AgentFS;
  /** The workspace. */
  readonly workspace: Workspace;

  private constructor(afs: AgentFS, workspace: Workspace) {
    this.afs = afs;
    this.workspace = workspace;
  }

  /**
   * Makes a base with these files, by path, and a workspace of it.
   *
   * @throws {TypeError} where there is no such option, or the content of a file is no string.
   */
  static async create(
    options: { files?: Record<string, string> } = {},
  ): Promise<TemporaryWorkspace> {
    checkOptions("make a temporary workspace", options, { files: "texts" });
    const directory = await attemptStore(
      "make a temporary workspace",
      () => Promise.try(makeTemporaryDirectory, "agentfs-"),
    );
    const afs = new AgentFS(directory);
    try {
      for (const [path, content] of Object.entries(options.files ?? {})) {
        const { path: file } = resolveBeneath(directory, path, { follow: true });
        makeDirectory(dirname(file));
        writeFile(file, new TextEncoder().encode(content));
      }
      return new TemporaryWorkspace(afs, await afs.workspace.create("test"));
    } catch (error) {
      await afs.close();
      removeTree(directory);
      throw error;
    }
  }

  /** Closes the base and removes everything; a second time does nothing. */
  async cleanup(): Promise<void> {
    await this.afs.close();
    removeTree(this.afs.basePath);
  }

  /** The same as {@linkcode cleanup}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanup();
  }
}

/**
 * Makes a test of a function that wants a workspace.
 *
 * @example
 * ```ts
 * import { temporaryWorkspace } from "@agentfs/sdk/testing";
 *
 * Deno.test(
 *   "writes",
 *   temporaryWorkspace(async (workspace) => {
 *     await workspace.writeFile("/data.txt", "data");
 *   }),
 * );
 * ```
 */
export function temporaryWorkspace(
  test: (workspace: Workspace, t: Deno.TestContext) => void | Promise<void>,
): (t: Deno.TestContext) => Promise<void> {
  return async (t) => {
    await using temporary = await TemporaryWorkspace.create();
    await test(temporary.workspace, t);
  };
}
