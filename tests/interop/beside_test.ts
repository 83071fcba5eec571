/**
 * The owner works in the base with git, all the time, while an agent works in a workspace: neither
 * loses anything, and no snapshot is ever lost.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS, AgentFSError, type Workspace } from "../../mod.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { assertSound, filesOnDisk } from "./oracle.ts";
import { makeProject } from "./project.ts";

const STEPS = 80;

/** What owners do, again and again. */
const OWNERS: Readonly<Record<string, string[][]>> = {
  "git gc --prune=now": [["gc", "--quiet", "--prune=now"]],
  "git repack and git prune": [["repack", "-adfq"], ["prune", "--expire=now"]],
  "git pack-refs and git worktree prune": [
    ["pack-refs", "--all"],
    ["worktree", "prune", "--expire=now"],
    ["pack-refs", "--all", "--prune"],
    ["reflog", "expire", "--expire=now", "--all"],
  ],
  "git stash and git checkout": [
    ["stash", "--quiet", "--include-untracked"],
    ["checkout", "--quiet", "-B", "topic"],
    ["commit", "--quiet", "--allow-empty", "--message", "the owner's"],
    ["checkout", "--quiet", "main"],
    ["stash", "pop", "--quiet"],
  ],
};

for (const [what, commands] of Object.entries(OWNERS)) {
  Deno.test(`a workspace loses nothing while the owner runs ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = await makeProject(`${directory.path}/base`);
    await writeFiles(path, { "docs/notes.md": "changed\n", "untracked.txt": "untracked\n" });
    const owners = filesOnDisk(path);
    await using afs = new AgentFS(path);
    const workspace = await afs.workspace.create("busy");
    const seed = Math.floor(Math.random() * 2 ** 32);
    const agent = new Agent(workspace, new Random(seed));

    await beside(path, commands, async () => {
      for (let step = 0; step < STEPS; step++) await agent.step();
    }).catch((cause) => {
      throw new Error(`with the seed ${seed}`, { cause });
    });

    await agent.assertNothingLost();
    await assertSound(path);
    for (const [file, facts] of owners) assert.equal(filesOnDisk(path).get(file), facts, file);
  });
}

Deno.test("no snapshot is lost while the owner runs git clean -ffdx", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("wiped");
  const taken = ["first"];
  await workspace.snapshot.create("first");
  const files = filesOnDisk(workspace.path);

  await beside(path, [["clean", "-ffdxq"]], async () => {
    for (let step = 0; step < STEPS / 4; step++) {
      const name = `step-${step}`;
      for (
        const call of [
          () => workspace.snapshot.restore("first"),
          () => workspace.writeFile(`/${name}`, name),
          () => workspace.snapshot.create(name).then(() => taken.push(name)),
          () => workspace.commit(name),
        ]
      ) {
        await call().catch((error) => assert.ok(error instanceof AgentFSError, error));
      }
    }
  });

  assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), ["wiped"]);
  for (const name of taken) await workspace.snapshot.restore(name);
  assert.deepEqual((await workspace.snapshot.list()).map(({ name }) => name), taken);
  await workspace.snapshot.restore("first");
  assert.deepEqual(filesOnDisk(workspace.path), files);
  await assertSound(path);
});

Deno.test("workspaces made at once from a base that changes lose nothing to git gc", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await using afs = new AgentFS(path);
  await beside(path, OWNERS["git gc --prune=now"]!, async () => {
    for (let round = 0; round < 8; round++) {
      const names = [1, 2, 3, 4].map((number) => `round-${round}/${number}`);
      const made = names.map((name) => afs.workspace.create(name));
      await writeFiles(path, { "README.md": `round ${round}\n` });
      await Promise.all(made);
      // What one of them holds, no other need hold, and none may rely on.
      await Promise.all(names.slice(1).map((name) => afs.workspace.delete(name)));
    }
  });
  await assertSound(path);
  for (const workspace of await afs.workspace.list()) {
    assert.equal((await workspace.status()).hasChanges, false);
  }
});

/** Does the work while the owner runs these commands in turn, all of them at least once. */
async function beside(
  path: string,
  commands: string[][],
  work: () => Promise<void>,
): Promise<void> {
  const done = new AbortController();
  const results = await Promise.allSettled([
    repeat(path, commands, done.signal),
    work().finally(() => done.abort()),
  ]);
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
}

async function repeat(path: string, commands: string[][], signal: AbortSignal): Promise<void> {
  do {
    for (const command of commands) {
      const { code, stdout, stderr } = await tryGit(path, command);
      // What `git clean` has emptied, we may have filled again, of which it warns.
      const ended = code === 0 || command[0] === "clean";
      assert.ok(ended, `git ${command.join(" ")}: ${stdout}${stderr}`);
    }
  } while (!signal.aborted);
}

/** Does one thing after the other in a workspace, and remembers what must be kept. */
class Agent {
  readonly #workspace: Workspace;
  readonly #random: Random;
  readonly #snapshots = new Map<string, Map<string, string>>();
  readonly #commits: string[] = [];
  #steps = 0;

  constructor(workspace: Workspace, random: Random) {
    this.#workspace = workspace;
    this.#random = random;
  }

  async step(): Promise<void> {
    this.#steps++;
    await this.#random.pick([
      () => this.#write(),
      () => this.#write(),
      () => this.#snapshot(),
      () => this.#snapshot(),
      () => this.#delete(),
      () => this.#restore(),
      () => this.#commit(),
      () => this.#compare(),
    ])();
  }

  async assertNothingLost(): Promise<void> {
    const names = (await this.#workspace.snapshot.list()).map(({ name }) => name);
    assert.deepEqual(names.sort(), [...this.#snapshots.keys()].sort());
    for (const name of names) await this.#restoreOne(name);
    const log = (await this.#workspace.log()).map(({ oid }) => oid);
    for (const oid of this.#commits) assert.ok(log.includes(oid), `the commit ${oid} is lost`);
  }

  async #write(): Promise<void> {
    for (let count = 0; count < 5; count++) {
      const path = `/work/${this.#random.below(8)}/${this.#random.below(8)}.txt`;
      await this.#workspace.writeFile(path, `step ${this.#steps}, number ${count}\n`);
    }
  }

  async #snapshot(): Promise<void> {
    const name = `step-${this.#steps}`;
    await this.#workspace.snapshot.create(name);
    this.#snapshots.set(name, filesOnDisk(this.#workspace.path));
  }

  async #delete(): Promise<void> {
    const name = this.#anySnapshot();
    if (name === null) return;
    await this.#workspace.snapshot.delete(name);
    this.#snapshots.delete(name);
  }

  async #restore(): Promise<void> {
    const name = this.#anySnapshot();
    if (name !== null) await this.#restoreOne(name);
  }

  async #restoreOne(name: string): Promise<void> {
    const before = filesOnDisk(this.#workspace.path);
    const { undo } = await this.#workspace.snapshot.restore(name);
    assert.deepEqual(filesOnDisk(this.#workspace.path), this.#snapshots.get(name), name);
    if (this.#random.below(3) > 0) return;
    await this.#workspace.snapshot.restore(undo);
    assert.deepEqual(filesOnDisk(this.#workspace.path), before, `the undo of ${name}`);
  }

  async #commit(): Promise<void> {
    const { oid } = await this.#workspace.commit(`Step ${this.#steps}`);
    this.#commits.push(oid);
  }

  async #compare(): Promise<void> {
    const [from, to] = [this.#anySnapshot(), this.#anySnapshot()];
    if (from === null || to === null) return;
    const ours = (await this.#workspace.snapshot.diff(from, to)).changes.map(({ path }) => path);
    const [a, b] = await Promise.all(
      [from, to].map(async (name) => (await this.#workspace.snapshot.get(name)).oid),
    );
    const output = await git(this.#workspace.path, "diff", "--name-only", "--no-renames", a!, b!);
    assert.deepEqual(ours, output.split("\n").slice(0, -1).map((path) => `/${path}`));
  }

  #anySnapshot(): string | null {
    return this.#snapshots.size === 0 ? null : this.#random.pick([...this.#snapshots.keys()]);
  }
}
