/**
 * A host of commands as plain as can be: a temporary directory, and a count of what it is told.
 *
 * @module
 */

import type { Change } from "../../src/changes.ts";
import { FileNotFoundError, NotADirectoryError } from "../../src/errors.ts";
import type { CommandHost } from "../../src/exec/host.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

/** A workspace's directory and home; all that is left of both is gone when its scope ends. */
export class TestHost implements CommandHost, AsyncDisposable {
  readonly directory: string;
  readonly home: string;
  readonly #temporary: TemporaryDirectory;
  /** What runs here now. */
  readonly holds: string[] = [];
  /** How to end what lives now. */
  readonly tracked = new Set<() => Promise<void>>();
  readonly #started = Promise.withResolvers<void>();
  /** Resolves when the first command is started. */
  readonly started: Promise<void> = this.#started.promise;
  /** How often the files were looked at. */
  looks = 0;

  constructor(temporary: TemporaryDirectory) {
    this.#temporary = temporary;
    this.directory = `${temporary.path}/files`;
    this.home = `${temporary.path}/home`;
    Deno.mkdirSync(this.directory);
  }

  resolveDirectory(path: string): string {
    const found = `${this.directory}/${path}`;
    try {
      if (!Deno.statSync(found).isDirectory) throw new NotADirectoryError("a file", path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new FileNotFoundError(`Cannot find ${path}`, path);
    }
    return found;
  }

  hold(purpose: string): Promise<Disposable> {
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

  /** Ends every live command, as closing the library does. */
  async endAll(): Promise<void> {
    await Promise.all([...this.tracked].map((end) => end()));
  }

  /** Writes a program into the workspace. */
  writeProgram(name: string, text: string, mode = 0o755): void {
    Deno.writeTextFileSync(`${this.directory}/${name}`, text);
    Deno.chmodSync(`${this.directory}/${name}`, mode);
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
export async function testHost(): Promise<TestHost> {
  return new TestHost(await temporaryDirectory());
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
  return [...Deno.readDirSync("/proc")]
    .map((entry) => Number(entry.name))
    .filter((pid) => pid > 0 && statOf(pid)?.group === group);
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

/** Waits until `condition` holds, at most 2 s; says whether it does. */
export async function eventually(condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 2000;
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

/**
 * Runs a script in a Deno of its own, with a host in a directory of its own to try commands in, and
 * gives what it printed.
 */
export async function runScript(
  script: string,
  flags: readonly string[] = ["-A"],
): Promise<{ stdout: string; stderr: string }> {
  await using temporary = await temporaryDirectory();
  const { path } = temporary;
  const text = `
    import { run } from "${SOURCE}/exec/run.ts";
    import { TestHost } from "${import.meta.url}";
    const host = new TestHost({ path: Deno.args[0] });
    ${script}`;
  await Deno.writeTextFile(`${path}/script.ts`, text);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", "--quiet", ...flags, `${path}/script.ts`, path],
    cwd: path,
  }).output();
  return { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
