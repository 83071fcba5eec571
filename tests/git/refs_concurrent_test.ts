import assert from "node:assert/strict";
import { RefStore, sweepDeadLocks } from "../../src/git/refs.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const REF = "refs/heads/agentfs/w";
const COUNTER = new URL("./children/ref_counter.ts", import.meta.url).pathname;
const HOLDER = new URL("./children/ref_holder.ts", import.meta.url).pathname;

function startDeno(script: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", "--allow-sys=uid", script, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Waits for the first bytes that a child prints. */
async function firstOutput(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

async function makeStore(path: string): Promise<{ refs: RefStore; common: string; tmp: string }> {
  await makeRepository(path, { "f": "f" });
  const common = `${path}/.git`;
  const tmp = `${common}/agentfs/tmp`;
  await Deno.mkdir(tmp, { recursive: true });
  return { refs: new RefStore(common, { temporaryDirectory: tmp, session: "test" }), common, tmp };
}

/** Makes `count` commits; `git pack-refs` packs no ref to an object that is not there. */
async function makeCommits(path: string, count: number): Promise<string[]> {
  const stdin = Array.from(
    { length: count },
    (_, i) => `commit refs/heads/import\ncommitter A <a@b> ${i} +0000\ndata 0\n\n`,
  ).join("");
  await tryGit(path, ["fast-import", "--quiet"], { stdin });
  const commits = await git(path, "rev-list", "--reverse", "import");
  return commits.trimEnd().split("\n");
}

/** Runs `git pack-refs` again and again, until stopped; gives the number of times. */
function packRefs(path: string): { stop(): Promise<number> } {
  let running = true;
  const packing = (async () => {
    let times = 0;
    for (; running; times++) await tryGit(path, ["pack-refs", "--all", "--prune"]);
    return times;
  })();
  return {
    stop: () => {
      running = false;
      return packing;
    },
  };
}

Deno.test("RefStore.update() loses nothing when processes and `git pack-refs` race", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, tmp } = await makeStore(path);
  const times = 60;
  const sessions = ["a", "b", "c"];
  const commits = await makeCommits(path, times * sessions.length);
  await Deno.writeTextFile(`${common}/counts`, commits.join("\n"));
  const packing = packRefs(path);
  const children = sessions.map((session) =>
    startDeno(COUNTER, [common, session, REF, String(times)])
  );
  for (const child of children) await child.stdin.close();
  const outputs = await Promise.all(children.map((child) => child.output()));
  const packs = await packing.stop();

  assert.deepEqual(outputs.map(({ code }) => code), [0, 0, 0]);
  assert.ok(packs > 0);
  assert.equal(refs.read(REF), commits.at(-1));
  assert.equal(await git(path, "rev-parse", REF), `${commits.at(-1)}\n`);
  assert.deepEqual([...Deno.readDirSync(tmp)], []);
});

Deno.test("RefStore.delete() is not undone by `git pack-refs`", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs } = await makeStore(path);
  // Never the same value twice: git itself loses a ref that is deleted and made anew as it was
  // while a `git pack-refs` has packed it and not yet removed its file.
  const commits = await makeCommits(path, 60);
  const packing = packRefs(path);
  const undone: number[] = [];
  for (const [round, commit] of commits.entries()) {
    refs.update(REF, commit, null);
    await new Promise((resolve) => setTimeout(resolve, round % 4));
    refs.delete(REF, commit);
    if (refs.read(REF) !== null) undone.push(round);
  }
  await packing.stop();
  assert.deepEqual(undone, []);
  assert.equal(refs.read(REF), null);
  assert.equal(await git(path, "for-each-ref", "refs/heads/agentfs"), "");
});

Deno.test("RefStore.update() waits for a lock, and gives up with the lock's name", async () => {
  await using directory = await temporaryDirectory();
  const { refs, common } = await makeStore(directory.path);
  const lock = `${common}/${REF}.lock`;
  await Deno.mkdir(`${common}/refs/heads/agentfs`);
  await Deno.writeTextFile(lock, "");
  const release = new Deno.Command("sh", { args: ["-c", 'sleep 0.2; rm "$0"', lock] }).spawn();
  refs.update(REF, "1".repeat(40), null);
  await release.status;

  await Deno.writeTextFile(lock, "");
  assert.throws(() => refs.update(REF, "2".repeat(40), undefined), {
    code: "StoreError",
    message: /refs\/heads\/agentfs\/w\.lock for over 1000 ms; if no git command/,
  });
  assert.equal(refs.read(REF), "1".repeat(40));
  assert.equal((await Deno.stat(lock)).isFile, true);
});

Deno.test("sweepDeadLocks() removes the locks of the dead and no others", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, tmp } = await makeStore(path);
  await Deno.mkdir(`${common}/refs/heads/agentfs`);
  const [ours, packed] = [`${common}/${REF}`, `${common}/packed-refs`];
  const dead = [
    startDeno(HOLDER, [ours, `${tmp}/dead-ref1`]),
    startDeno(HOLDER, [packed, `${tmp}/dead-ref2`]),
  ];
  const living = startDeno(HOLDER, [`${ours}-living`, `${tmp}/living-ref1`]);
  for (const child of [...dead, living]) await firstOutput(child);
  await Deno.writeTextFile(`${ours}-git.lock`, "");
  for (const child of dead) {
    child.kill("SIGKILL");
    await child.stdin.close();
    await child.stdout.cancel();
    await child.status;
  }
  const commit = (await git(path, "rev-parse", "HEAD")).trim();
  assert.equal((await tryGit(path, ["update-ref", REF, commit])).code, 128);

  const files = ["dead-ref1", "dead-ref2", "dead-ref3"].map((name) => `${tmp}/${name}`);
  assert.deepEqual(sweepDeadLocks(common, files).toSorted(), [`${packed}.lock`, `${ours}.lock`]);
  assert.deepEqual(sweepDeadLocks(common, files), []);
  assert.equal((await Deno.stat(`${ours}-living.lock`)).isFile, true);
  assert.equal((await Deno.stat(`${ours}-git.lock`)).isFile, true);
  refs.update(REF, commit, null);
  await git(path, "pack-refs", "--all");
  refs.delete(REF, commit);

  await living.stdin.close();
  await living.stdout.cancel();
  assert.equal((await living.status).success, true);
  await assert.rejects(Deno.stat(`${ours}-living.lock`));
});
