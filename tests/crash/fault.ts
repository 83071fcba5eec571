/**
 * Children of whose calls to the operating system a chosen one goes wrong: the process is killed there,
 * or the call fails.
 *
 * @module
 */

const SOURCE = new URL("./fault.c", import.meta.url).pathname;
const CHILD = new URL("./change_once.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Linux's numbers of errors. */
export const ERRNO = { EIO: 5, EACCES: 13, EMFILE: 24, ENOSPC: 28 } as const;

/** What goes wrong; nothing, where `at` is left out. */
export interface Fault {
  /** Which call that changes something: 1 is the first. */
  readonly at?: number;
  /** The error that it fails with; left out: the process is killed. */
  readonly errno?: number;
  /** Whether every call from then on fails like that. Otherwise the change is tried once more. */
  readonly persistent?: boolean;
}

/** How a child ended. */
export interface Outcome {
  readonly killed: boolean;
  /** The lines of its output. */
  readonly lines: string[];
  /** The calls that change something, in order. */
  readonly calls: string[];
}

/** Whether this machine can build the shim. */
export function hasCompiler(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command("gcc", { args: ["--version"] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The shared object that makes calls go wrong. */
export class FaultShim {
  readonly #library: string;
  readonly #trace: string;

  private constructor(library: string, trace: string) {
    this.#library = library;
    this.#trace = trace;
  }

  /** Builds it in `directory`. */
  static async build(directory: string): Promise<FaultShim> {
    const library = `${directory}/fault.so`;
    const args = ["-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl", "-pthread"];
    const { success, stderr } = await new Deno.Command("gcc", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new FaultShim(library, `${directory}/trace`);
  }

  /** Runs `change_once.ts` on a base, with calls going wrong that concern files below it. */
  async run(base: string, change: string, fault: Fault = {}): Promise<Outcome> {
    const again = fault.persistent ? [] : ["again"];
    Deno.writeTextFileSync(this.#trace, "");
    const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--config", CONFIG, CHILD, base, change, ...again],
      env: {
        LD_PRELOAD: this.#library,
        FAULT_ROOT: base,
        FAULT_TRACE: this.#trace,
        FAULT_AT: `${fault.at ?? 0}`,
        FAULT_ERRNO: `${fault.errno ?? 0}`,
        FAULT_PERSISTENT: fault.persistent ? "1" : "0",
      },
    }).output();
    const killed = signal === "SIGKILL";
    if (!killed && code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return {
      killed,
      lines: new TextDecoder().decode(stdout).split("\n").slice(0, -1),
      calls: Deno.readTextFileSync(this.#trace).split("\n").slice(0, -1),
    };
  }
}
