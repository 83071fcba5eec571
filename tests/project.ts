/**
 * A project with AgentFS over it, for as long as a test.
 *
 * @module
 */

import { AgentFS, type ConfigInput, type Workspace } from "@agentfs/sdk";
import { makeRepository } from "./git.ts";
import { TemporaryDirectory, temporaryDirectory, writeFiles } from "./temporary.ts";

/** What a project is. */
export interface ProjectOptions {
  /** Its files, by path. */
  files?: Record<string, string>;
  /** Whether it is a git repository, with one commit of its files. */
  repository?: boolean;
  config?: ConfigInput;
}

/** A project in a directory of its own, and what has it open. */
export class Project implements AsyncDisposable {
  /** The directory around the project, which is empty but for it. */
  readonly directory: string;
  /** The project's own directory. */
  readonly path: string;
  /** What has it open now. */
  afs: AgentFS;
  readonly #config: ConfigInput;

  constructor(directory: string, config: ConfigInput) {
    this.directory = directory;
    this.path = `${directory}/project`;
    this.#config = config;
    this.afs = new AgentFS(this.path, config);
  }

  /** Closes it, and opens it again. */
  async reopen(config: ConfigInput = this.#config): Promise<AgentFS> {
    await this.afs.close();
    return this.afs = new AgentFS(this.path, config);
  }

  /** The workspace of this name. */
  async workspace(name: string): Promise<Workspace> {
    return await this.afs.workspace.get(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.afs.close();
    await new TemporaryDirectory(this.directory)[Symbol.asyncDispose]();
  }
}

/** Makes a project for a test. */
export async function makeProject(
  { files = { "a.txt": "one\n" }, repository = false, config = {} }: ProjectOptions = {},
): Promise<Project> {
  const { path: directory } = await temporaryDirectory();
  const project = new Project(directory, config);
  if (repository) await makeRepository(project.path, files);
  else {
    await Deno.mkdir(project.path);
    await writeFiles(project.path, files);
  }
  return project;
}
