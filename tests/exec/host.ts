/**
 * A host of commands as plain as can be: a temporary directory, and a count of what it is told.
 *
 * @module
 */

import type { Change } from "../../src/changes.ts";
import { FileNotFoundError, NotADirectoryError } from "../../src/errors.ts";
import type { CommandHost, End, Inside, RunSettings, Witness } from "../../src/exec/host.ts";
import { type Detected, detectSandbox } from "../../src/exec/detect.ts";
import { type TemporaryDirectory, temporaryDirectory, writeFiles } from "../temporary.ts";

/** A workspace's directory and home; all that is left of both is gone when its scope ends. */
export class TestHost implements CommandHost, AsyncDisposable {
  readonly directory: string;
  readonly home: string;
  secrets: readonly string[] = [];
  guarded: readonly string[] = [];
  settings: RunSettings;
  readonly #temporary: TemporaryDirectory;
  /** What runs here now. */
  readonly holds: string[] = [];
  /** How to end what lives now. */
  readonly tracked = new Set<() => Promise<void>>();
  readonly #started = Promise.withResolvers<void>();
  /** Resolves when the first command is started. */
  readonly started: Promise<void> = this.#started.promise;
  /** How the commands that were asked for have ended. */
  readonly ends: End[] = [];
  /** How often the files were looked at. */
  looks = 0;
  /** How many commands have been announced so far. */
  announced = 0;

  constructor(temporary: TemporaryDirectory, settings: RunSettings = { sandbox: "off" }) {
    this.#temporary = temporary;
    this.settings = settings;
    this.directory = `${temporary.path}/files`;
    this.home = `${temporary.path}/home`;
    Deno.mkdirSync(this.directory);
  }

  detect(): Promise<Detected> {
    return detectSandbox();
  }

  witness(): Promise<Witness> {
    return Promise.resolve({
      ended: (end: End) => Promise.resolve(void this.ends.push(end)),
      announce: () => Promise.resolve(),
    });
  }

  gitEnvironment(): Record<string, string> {
    return {};
  }

  enter(): Promise<Inside> {
    return Promise.resolve({ mounts: [], leave: () => Promise.resolve([]) });
  }

  resolveDirectory(path: string): string {
    const found = `${this.directory}/${path}`.replace(/\/+/g, "/");
    try {
      if (!Deno.statSync(found).isDirectory) throw new NotADirectoryError("a file", path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new FileNotFoundError(`Cannot find ${path}`, path);
    }
    return found;
  }

  hold(purpose: string): Promise<Disposable> {
    this.announced++;
    this.holds.push(purpose);
    return Promise.resolve({
      [Symbol.dispose]: () => void this.holds.splice(this.holds.indexOf(purpose), 1),
    });
  }

  observe(): Promise<() => Promise<Change[]>> {
    const before = this.#names();
    return Promise.resolve(() => {
      const added = [...this.#names()].filter((name) => !before.has(name));
      return Promise.resolve(added.map((name) => addedFile(`/${name}`)));
    });
  }

  track(end: () => Promise<void>): () => void {
    this.tracked.add(end);
    this.#started.resolve();
    return () => void this.tracked.delete(end);
  }

  /** A new directory beside the workspace, which no command sees that was not granted it. */
  async place(name: string, files: Record<string, string> = {}): Promise<string> {
    const path = `${this.#temporary.path}/${name}`;
    await Deno.mkdir(path, { recursive: true });
    await writeFiles(path, files);
    return path;
  }

  /** Ends every live command, as closing the library does. */
  async endAll(): Promise<void> {
    await Promise.all([...this.tracked].map((end) => end()));
  }

  /** Writes a program into the workspace. */
  writeProgram(name: string, text: string, mode = 0o755): void {
    Deno.writeTextFileSync(`${this.directory}/${name}`, text);
    Deno.chmodSync(`${this.directory}/${name}`, mode);
  }

  /**
   * What runs here, and what left for a session of its own: every process, in whatever namespace, whose
   * environment or arguments name this host's directory.
   */
  processes(): number[] {
    const { path } = this.#temporary;
    return pidsOfMachine().filter((pid) => isAlive(pid) && pid !== Deno.pid && mentions(pid, path));
  }

  /** Ends what is left of commands that nothing holds. */
  endSurvivors(): void {
    for (const pid of this.processes()) Deno.kill(pid, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#temporary[Symbol.asyncDispose]();
  }

  #names(): Set<string> {
    this.looks++;
    return new Set([...Deno.readDirSync(this.directory)].map((entry) => entry.name));
  }
}

/** Makes a host. */
export async function testHost(settings?: RunSettings): Promise<TestHost> {
  return new TestHost(await temporaryDirectory(), settings);
}

function addedFile(path: string): Change {
  const nothing = { oldPath: null, oldOid: null, newOid: null, oldMode: null, newMode: null };
  return { type: "added", path, ...nothing };
}

/** Whether a process still runs: one that only waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  return statOf(pid) !== null;
}

/** The processes of a group that still run. */
export function aliveInGroup(group: number): number[] {
  return pidsOfMachine().filter((pid) => statOf(pid)?.group === group);
}

function pidsOfMachine(): number[] {
  return [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name)).filter((pid) => pid > 0);
}

function mentions(pid: number, text: string): boolean {
  return ["environ", "cmdline"].some((file) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/${file}`).includes(text);
    } catch {
      return false;
    }
  });
}

function statOf(pid: number): { group: number } | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [state = "X", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return /[ZX]/.test(state) ? null : { group: Number(group) };
  } catch {
    return null;
  }
}

/** Waits until `condition` holds, at most so many ms; says whether it does. */
export async function eventually(condition: () => boolean, ms = 10_000): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return condition();
}

/** The number that a command has written to a file of the workspace; 0 until it has. */
export function numberIn(host: TestHost, file: string): number {
  try {
    return Number(Deno.readTextFileSync(`${host.directory}/${file}`));
  } catch {
    return 0;
  }
}

/** The process ids in a text, one a line. */
export function pidsIn(text: string): number[] {
  return text.trim().split(/\s+/).filter((word) => word !== "").map(Number);
}

/** What a script may import: the rooms of this checkout, by their place. */
export const SOURCE = new URL("../../src", import.meta.url).href;

/** The arguments of a Deno that understands the names that those import by. */
export const DENO_RUN: readonly string[] = [
  ...["run", "--no-prompt", "--no-lock", "--quiet"],
  ...["--config", new URL("../../deno.json", import.meta.url).pathname],
];

/** How a script is run. */
export interface ScriptOptions {
  /** Deno's permissions; all of them where it is left out. */
  readonly flags?: readonly string[];
  /** The settings of its host; no sandbox where they are left out. */
  readonly settings?: RunSettings;
  /** Added to the environment. */
  readonly environment?: Record<string, string>;
  /** Whether an ordinary user runs it, also where root runs the tests. */
  readonly ordinary?: boolean;
}

const NOBODY = 65534;

/**
 * Runs a script in a Deno of its own, with a host in a directory of its own to try commands in, and
 * gives what it printed.
 */
export async function runScript(
  script: string,
  { flags = ["-A"], settings = { sandbox: "off" }, environment, ordinary }: ScriptOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  await using temporary = await temporaryDirectory();
  const { path } = temporary;
  const text = `
    import { run } from "${SOURCE}/exec/run.ts";
    import { runStream } from "${SOURCE}/exec/run_stream.ts";
    import { spawn } from "${SOURCE}/exec/spawn.ts";
    import { TestHost } from "${import.meta.url}";
    const host = new TestHost({ path: Deno.args[0] }, ${JSON.stringify(settings)});
    ${script}`;
  await Deno.writeTextFile(`${path}/script.ts`, text);
  const other = ordinary && Deno.uid() === 0;
  if (other) await Deno.chown(path, NOBODY, NOBODY);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...DENO_RUN, ...flags, `${path}/script.ts`, path],
    cwd: path,
    env: { ...(other && { HOME: path, DENO_DIR: `${path}/deno` }), ...environment },
    ...(other && { uid: NOBODY, gid: NOBODY }),
  }).output();
  return { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
