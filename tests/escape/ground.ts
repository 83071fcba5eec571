/**
 * What attempts to escape are aimed at, all of it made for them: files, servers, keys and processes of an
 * owner who has a secret.
 *
 * @module
 */

import type { AgentFS, Workspace } from "@agentfs/sdk";
import { everythingBelow } from "../everything.ts";
import { makeRepository } from "../git.ts";
import { writeFiles } from "../temporary.ts";

/** The variable that tells the processes of one attempt from all others. */
export const MARK = "AGENTFS_ATTEMPT";

/** Where a probe is, what it is started with, and what nobody but the owner may know. */
export interface GroundOptions {
  /** A directory of its own. */
  readonly directory: string;
  readonly probe: string;
  /** It is in the environment of this process too, among its keys, and behind descriptor 9. */
  readonly secret: string;
  /** Whether commands run in a sandbox. */
  readonly sandboxed: boolean;
}

/** The owner's side. */
export class Ground implements AsyncDisposable {
  readonly secret: string;
  readonly sandboxed: boolean;
  readonly probe: string;
  /** A directory around all of it. */
  readonly directory: string;
  /** Files that have nothing to do with the project. */
  readonly outside: string;
  readonly secretFile: string;
  readonly ownerHome: string;
  readonly base: string;
  readonly store: string;
  /** The program that root has planted for an ordinary user, which makes root of who runs it. */
  readonly setuid: string;
  /** The abstract socket of the victim. */
  readonly socketName: string = `agentfs-${crypto.randomUUID()}`;
  /** This process's namespace of processes. */
  readonly processes: string = Deno.readLinkSync("/proc/self/ns/pid");
  /** The terminal of this process. */
  readonly terminal: string = Deno.readLinkSync("/proc/self/fd/0");
  readonly #servers: Deno.Listener[] = [];
  #victim: Deno.ChildProcess | null = null;
  #facts: string[] = [];
  /** What attempts find of the victim: its id, where its secret is in its memory and in shared memory. */
  victim = { id: 0, address: "", segment: 0 };
  ports: number[] = [];

  private constructor({ directory, probe, secret, sandboxed }: GroundOptions) {
    this.secret = secret;
    this.sandboxed = sandboxed;
    this.probe = probe;
    this.directory = directory;
    this.outside = `${directory}/outside`;
    this.secretFile = `${this.outside}/secret.txt`;
    this.ownerHome = `${directory}/owner`;
    this.base = `${directory}/project`;
    this.store = `${this.base}/.git`;
    this.setuid = `${directory}/setuid`;
  }

  /** Plants everything. */
  static async make(options: GroundOptions): Promise<Ground> {
    const ground = new Ground(options);
    const { outside, ownerHome, base, store, secret } = ground;
    await makeRepository(base, { "a.txt": "one\n", ".gitignore": ".env\n" });
    await writeFiles("/", {
      [`${outside}/secret.txt`]: secret,
      [`${outside}/file.txt`]: "one\n",
      [`${ownerHome}/.ssh/id_ed25519`]: secret,
      [`${ownerHome}/.bashrc`]: "\n",
      [`${base}/.env`]: secret,
      [`${store}/config`]: `${await Deno.readTextFile(`${store}/config`)}# ${secret}\n`,
      [`${store}/hooks/notes`]: secret,
    });
    for (const path of [ground.secretFile, `${ownerHome}/.ssh/id_ed25519`]) {
      await Deno.chmod(path, 0o600);
    }
    ground.#serve();
    await ground.restore();
    return ground;
  }

  /** The workspace of the attempts, beside that of somebody else. */
  async workspace(afs: AgentFS): Promise<Workspace> {
    const other = await afs.workspace.create("other", { description: this.secret });
    await other.writeFile("/secret.txt", this.secret);
    await other.run("echo mine > ~/kept", { changes: false });
    const workspace = await afs.workspace.create("own");
    await workspace.writeFile("/probe", await Deno.readFile(this.probe), { mode: 0o755 });
    return workspace;
  }

  /** Everything of the owner's that a command must not change; its own files are not among that. */
  look(): Record<string, string> {
    const all = everythingBelow(this.directory);
    const own = /^\/project\/\.agentfs\/(workspaces|home)\/own\/(?!\.git$)/;
    const passing = /^\/project\/\.git\/agentfs\/inside\//;
    return Object.fromEntries(
      Object.entries(all).filter(([path]) => !own.test(path) && !passing.test(path)),
    );
  }

  /** Makes right what an attempt may have harmed: the victim, and the `.git` file. */
  async restore(gitFile?: { path: string; content: string }): Promise<void> {
    if (gitFile !== undefined) {
      const stat = await Deno.lstat(gitFile.path).catch(() => null);
      if (!stat?.isFile || await Deno.readTextFile(gitFile.path) !== gitFile.content) {
        await Deno.remove(gitFile.path, { recursive: true }).catch(() => {});
        await Deno.writeTextFile(gitFile.path, gitFile.content);
      }
    }
    if (this.isVictimAlive()) return;
    await this.#victim?.status;
    this.#victim = new Deno.Command(this.probe, {
      args: ["victim", this.secret, this.socketName],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = this.#victim.stdout.getReader();
    const { value } = await reader.read();
    const [id, address = "", segment] = new TextDecoder().decode(value).trim().split(" ");
    await reader.cancel();
    this.victim = { id: Number(id), address, segment: Number(segment) };
  }

  isVictimAlive(): boolean {
    return this.#victim !== null && stateOf(this.#victim.pid) !== null;
  }

  /** A process of the owner's, whom no attempt may reach. */
  get process(): number {
    return Deno.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    this.#victim?.kill("SIGKILL");
    await this.#victim?.status;
  }

  /** Servers that tell the secret to whoever asks. */
  #serve(): void {
    const hostnames = ["127.0.0.1", "::1"];
    const tcp = hostnames.map((hostname) => Deno.listen({ hostname, port: 0 }));
    this.ports = tcp.map(({ addr }) => (addr as Deno.NetAddr).port);
    const path = `${this.outside}/server.sock`;
    for (const server of [...tcp, Deno.listen({ transport: "unix", path })]) {
      this.#servers.push(server);
      void this.#answer(server);
    }
  }

  async #answer(server: Deno.Listener): Promise<void> {
    for await (const connection of server) {
      await connection.write(new TextEncoder().encode(this.secret)).catch(() => {});
      connection.close();
    }
  }
}

/** The state letter of a process that still runs. */
function stateOf(process: number): string | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${process}/stat`);
    const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
    return /[ZX]/.test(state) ? null : state;
  } catch {
    return null;
  }
}

/** The processes that were started with this mark and still run. */
export function survivors(mark: string): number[] {
  return [...Deno.readDirSync("/proc")]
    .map(({ name }) => Number(name))
    .filter((process) => process > 0 && isMarked(process, mark) && stateOf(process) !== null);
}

function isMarked(process: number, mark: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${process}/environ`).includes(mark);
  } catch {
    return false;
  }
}
