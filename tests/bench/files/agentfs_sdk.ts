/**
 * agentfs-sdk, in a child process and a directory of its own, since it is none of our dependencies.
 *
 * @module
 */

import { installPackages } from "../packages.ts";
import type { Amount, Operation } from "./file_rounds.ts";

const PACKAGE = "agentfs-sdk@0.6.4";

/** It needs seconds for what others do in some hundredths, so it does less and is counted by the call. */
export const SDK_AMOUNT: Amount = { files: 100, pieces: 4 };

/** The child, which does what it is told line by line. */
export class AgentfsSdk implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#output = child.stdout.getReader();
  }

  /** Installs it in a new directory and starts the child; returns why it could not. */
  static async start(directory: string): Promise<AgentfsSdk | string> {
    const failure = await installPackages(directory, [PACKAGE]);
    if (failure !== null) return failure;
    const config = `${directory}/deno.json`;
    Deno.writeTextFileSync(config, '{ "nodeModulesDir": "manual" }\n');
    const program = new URL("../children/agentfs_sdk.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--config", config, program, `npm:${PACKAGE}`],
      cwd: directory,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const sdk = new AgentfsSdk(child);
    if (await sdk.#answer()) return sdk;
    await sdk[Symbol.asyncDispose]();
    return `${PACKAGE} was installed, but does not start here`;
  }

  /** Has it make what the operation needs. */
  async prepare(operation: Operation): Promise<void> {
    await this.#tell("prepare", operation);
  }

  /** Has it do it. */
  async run(operation: Operation): Promise<void> {
    await this.#tell("run", operation);
  }

  async #tell(verb: string, operation: Operation): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${verb} ${operation}\n`));
    if (!await this.#answer()) throw new Error(`${PACKAGE} failed to ${verb} ${operation}`);
  }

  /** Whether it says that it is done, which it does by one line; else it has ended. */
  async #answer(): Promise<boolean> {
    return !(await this.#output.read()).done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#child.status;
  }
}
