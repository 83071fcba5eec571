/**
 * The helper of a workspace: started when it is first needed, there while somebody uses it, ended
 * afterwards.
 *
 * @module
 */

import { AgentFSError, SandboxError } from "../errors.ts";
import { DEFAULT_GRANTS } from "../exec/permissions.ts";
import type { Mount, Sandbox } from "../exec/sandbox.ts";
import type { FileContext } from "../files/context.ts";
import { randomId } from "../names.ts";
import { nodeUrl } from "../platform/builtin.ts";
import { messageOf } from "../platform/failure.ts";
import { denoDirectory, denoProgram } from "../platform/runtime.ts";
import { FileClient } from "./file_client.ts";
import { FILE_SERVER, IDENTIFY } from "./file_server.ts";
import type { HelperUse } from "./inside_files.ts";
import { basename, dirname } from "@std/path/posix";

/**
 * How long it is kept after the last call where no command of this process has it stay: to start it
 * takes a tenth of a second.
 */
const LINGER_MS = 1000;

/** Where the helper sees its own modules and its Deno, whatever lies around them on this machine. */
const PLACES = { modules: "/agentfs/src", cache: "/agentfs/cache", deno: "/agentfs/bin" };

/** What a helper is told of its workspace. */
type HelperContext = Pick<FileContext, "root" | "identify">;

/** At most one living helper. */
export class Helper {
  readonly #context: HelperContext;
  readonly #onLost: () => void;
  readonly #ending = new Set<Promise<void>>();
  #client: FileClient | null = null;
  #users = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** `onLost` hears of a helper that may have left unfinished work in the workspace. */
  constructor(context: HelperContext, onLost: () => void) {
    this.#context = context;
    this.#onLost = onLost;
  }

  /** Has a helper stay that is there, for a command that may make somebody need it. */
  keep(): Disposable {
    clearTimeout(this.#linger);
    this.#users++;
    let kept = true;
    return {
      [Symbol.dispose]: () => {
        if (kept && --this.#users === 0) this.#retire();
        kept = false;
      },
    };
  }

  /** The helper, which stays until it is let go of. */
  use(sandbox: Sandbox): HelperUse {
    clearTimeout(this.#linger);
    if (this.#client?.isAlive === false) this.#retire();
    const client = this.#client ??= helperFor(sandbox, this.#context);
    this.#users++;
    return {
      client,
      release: () => {
        if (--this.#users > 0 || this.#client === null) return;
        clearTimeout(this.#linger);
        this.#linger = setTimeout(() => this.#retire(), LINGER_MS);
      },
    };
  }

  /** Ends the helper, and waits until those are gone that were ended before. */
  async close(): Promise<void> {
    this.#retire();
    await Promise.all(this.#ending);
  }

  #retire(): void {
    clearTimeout(this.#linger);
    const client = this.#client;
    if (client === null) return;
    this.#client = null;
    if (client.isBusy || !client.isAlive) this.#onLost();
    const ended = client.end().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

/** Says in this library's words why none can be started. */
function helperFor(sandbox: Sandbox, context: HelperContext): FileClient {
  try {
    return startHelper(sandbox, context);
  } catch (cause) {
    if (cause instanceof AgentFSError) throw cause;
    throw new SandboxError(
      `Cannot work on files while a command runs: the helper does not start: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Starts a helper. It sees the workspace, the modules of this library and Deno, and none of the owner's
 * files besides.
 */
function startHelper(sandbox: Sandbox, { root, identify }: HelperContext): FileClient {
  const deno = denoProgram();
  const modules = modulesOfServer();
  return new FileClient(sandbox.start({
    argv: [
      deno === null ? "deno" : `${PLACES.deno}/${basename(deno)}`,
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--cached-only",
      "--allow-all",
      modules.server,
      root,
      randomId(12),
      ...(identify ? [IDENTIFY] : []),
    ],
    environment: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/tmp",
      DENO_DIR: modules.cache ?? "/tmp/deno",
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
    },
    directory: "/",
    stdin: "piped",
    output: "piped",
    mounts: [
      { path: root, writable: true },
      modules.mount,
      // Not the file alone: Deno takes an argument that is its own path for the start of a script.
      ...(deno === null ? [] : [{ path: PLACES.deno, source: dirname(deno), writable: false }]),
    ],
    secrets: [],
    guarded: [],
    grants: DEFAULT_GRANTS,
    limits: {},
  }));
}

/** How the helper gets at its program. */
function modulesOfServer(): { server: string; mount: Mount; cache: string | null } {
  if (FILE_SERVER.protocol === "file:") {
    const source = nodeUrl().fileURLToPath(new URL("..", FILE_SERVER)).replace(/\/$/, "");
    return {
      server: `${PLACES.modules}/inside/file_server.ts`,
      mount: { path: PLACES.modules, source, writable: false },
      cache: null,
    };
  }
  const cache = denoDirectory();
  if (cache === null) {
    throw new SandboxError(
      "Cannot work on files while a command runs: the helper needs this library's modules from Deno's " +
        "cache, and where that is can be told from neither DENO_DIR nor HOME; allow one of them with " +
        "--allow-env=HOME, or wait for the command",
    );
  }
  return {
    server: FILE_SERVER.href,
    mount: { path: PLACES.cache, source: cache, writable: false },
    cache: PLACES.cache,
  };
}
