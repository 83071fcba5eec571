import assert from "node:assert/strict";
import { HAS_BUBBLEWRAP } from "../exec/each_sandbox.ts";
import { AgentFSError, type Workspace } from "@agentfs/sdk";
import { hasCompiler } from "../crash/fault.ts";
import { makeProject, type Project } from "../project.ts";
import { helpersOf } from "./helpers.ts";

const CALLS = Deno.env.get("AGENTFS_THOROUGH") ? 2000 : 200;
const SOURCE = new URL("./swap.c", import.meta.url).pathname;

/** A workspace in which `/dir` is by turns a directory and a link out of it, and what is there. */
class Race implements AsyncDisposable {
  readonly project: Project;
  readonly workspace: Workspace;
  readonly #outside: string;
  readonly #planted: string;

  constructor(project: Project, workspace: Workspace) {
    this.project = project;
    this.workspace = workspace;
    this.#outside = `${project.directory}/outside`;
    Deno.mkdirSync(this.#outside);
    Deno.writeTextFileSync(`${this.#outside}/file`, "outside");
    Deno.writeTextFileSync(`${this.#outside}/planted`, "outside");
    this.#planted = this.#look();
    Deno.mkdirSync(`${workspace.path}/dir`);
    Deno.writeTextFileSync(`${workspace.path}/dir/file`, "inside");
    Deno.symlinkSync(this.#outside, `${workspace.path}/door`);
  }

  static async make(sandbox: "auto" | "off"): Promise<Race> {
    const project = await makeProject({ config: { run: { sandbox } } });
    const race = new Race(project, await project.afs.workspace.create("w"));
    const { success, stderr } = await new Deno.Command("gcc", {
      args: ["-O1", "-o", `${race.workspace.path}/swap`, SOURCE],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return race;
  }

  /** What is planted outside, and all that can be told of it. */
  #look(): string {
    const entries = [...Deno.readDirSync(this.#outside)].map(({ name }) => {
      const { mode, mtime, ino } = Deno.lstatSync(`${this.#outside}/${name}`);
      const content = Deno.readTextFileSync(`${this.#outside}/${name}`);
      return `${name} ${mode} ${mtime?.getTime()} ${ino} ${content}`;
    });
    return entries.sort().join("\n");
  }

  /** Whether anything outside is other than it was planted. */
  get isHarmed(): boolean {
    return this.#look() !== this.#planted;
  }

  /** Swaps as fast as it can until it is disposed of. */
  async swap(first = "dir", second = "door"): Promise<AsyncDisposable> {
    const swapping = await this.workspace.spawn(["./swap", first, second]);
    const reader = swapping.stdout.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "ready\n");
    reader.releaseLock();
    return swapping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]();
  }
}

/** What may go wrong for a call that loses the race: an error of this library, and no other. */
async function orFail<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AgentFSError) return null;
    throw error;
  }
}

/** Calls that come too late, each with whether it was led out as far as its result tells. */
const OPERATIONS: Record<string, (workspace: Workspace) => Promise<boolean>> = {
  read: async (workspace) => await orFail(workspace.readFile("/dir/file")) === "outside",
  write: async (workspace) => {
    await orFail(workspace.writeFile("/dir/file", "inside"));
    return false;
  },
  list: async (workspace) => {
    const found = await orFail(workspace.listDir("/dir")) ?? [];
    return found.some(({ name }) => name === "planted");
  },
  delete: async (workspace) => {
    await orFail(workspace.writeFile("/dir/file", "inside"));
    await orFail(workspace.delete("/dir/file"));
    return false;
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  Deno.test({
    name: `${name} is not led out by a sandboxed command that swaps a directory for a link`,
    ignore: !hasCompiler() || !HAS_BUBBLEWRAP,
    fn: async () => {
      await using race = await Race.make("auto");
      await using _swapping = await race.swap();
      for (let i = 0; i < CALLS; i++) assert.equal(await operation(race.workspace), false);
      assert.equal(race.isHarmed, false);
      assert.ok(helpersOf(race.workspace.path).length > 0);
    },
  });

  Deno.test({
    name: `${name} is led out by the same command where there is no sandbox`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using race = await Race.make("off");
      await using _swapping = await race.swap();
      let bitten = false;
      for (const start = Date.now(); !bitten && Date.now() - start < 30_000;) {
        bitten = await operation(race.workspace) || race.isHarmed;
      }
      assert.ok(bitten);
    },
  });
}

Deno.test({
  name: "neither reading nor status() waits for a FIFO that takes the place of a file",
  ignore: !hasCompiler() || !HAS_BUBBLEWRAP,
  fn: async () => {
    await using race = await Race.make("auto");
    const { workspace } = race;
    const { success } = await new Deno.Command("mkfifo", { args: [`${workspace.path}/pipe`] })
      .output();
    assert.ok(success);
    await workspace.writeFile("/plain", "inside");
    await using _swapping = await race.swap("plain", "pipe");
    const seen = new Set<string | null>();
    for (let i = 0; i < CALLS; i++) {
      seen.add(await orFail(workspace.readFile("/plain")));
      if (i % 10 === 0) await workspace.status();
      if (i === 0) assert.ok(helpersOf(workspace.path).length > 0);
    }
    assert.deepEqual(seen, new Set(["inside", null]));
  },
});
