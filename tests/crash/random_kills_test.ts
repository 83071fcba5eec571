import assert from "node:assert/strict";
import { makeRepository } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { type Files, filesOf } from "./model.ts";
import { Witness } from "./witness.ts";
import type { Acknowledgement } from "./work_until_killed.ts";

const CHILD = new URL("./work_until_killed.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const PROJECT = { "README.md": "# Project\n", "x/a": "one\n", "x/y/b": "two\n", "z/c": "three\n" };
/** How long a child lives after it began to open the base, at most; ms. */
const LIFE = 400;
const LIFE_IN_RECOVERY = 60;

/** How many children each test kills: few by default, as many as `AGENTFS_KILLS` says in both. */
function killsOfEach(): number {
  const variable = "AGENTFS_KILLS";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return Number(state === "granted" ? Deno.env.get(variable) ?? 40 : 40) / 2;
}

/** Starts a child, kills it some time after its first line, and returns the lines that followed. */
async function killedChild(args: string[], life: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--config", CONFIG, CHILD, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  let killing: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    killing ??= setTimeout(() => kill(child), life);
    text += chunk;
  }
  const { signal, success } = await child.status;
  clearTimeout(killing);
  assert.ok(signal === "SIGKILL" || success, await errors);
  await errors;
  return text.split("\n").slice(1, -1);
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself, as it does after a recovery.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Lets children work on a base and kills them, some in the recovery from the one before. */
async function killMany(witness: Witness, directory: string, random: Random): Promise<void> {
  const { base } = witness.places;
  const [state, project] = [`${directory}/state.json`, `${directory}/project.json`];
  Deno.writeTextFileSync(project, JSON.stringify(witness.project));
  let acknowledged = 0;
  for (let kills = 0; kills < killsOfEach(); kills++) {
    const seed = random.below(2 ** 31);
    Deno.writeTextFileSync(state, JSON.stringify(witness.state));
    const lines = await killedChild([base, `${seed}`, state, project], random.below(LIFE));
    if (random.below(4) === 0) {
      await killedChild([base], random.below(LIFE_IN_RECOVERY));
      kills++;
    }
    const choices = new Random(seed);
    for (const line of lines) witness.acknowledge(JSON.parse(line) as Acknowledgement, choices);
    acknowledged += lines.length;
    await witness.check(choices);
    if (random.below(4) === 0) await witness.undo();
  }
  assert.ok(acknowledged > 0);
}

for (const kind of ["a repository", "a plain directory"]) {
  Deno.test(`AgentFS loses nothing acknowledged when it is killed on ${kind}`, async () => {
    await using directory = await temporaryDirectory();
    const base = `${directory.path}/base`;
    if (kind === "a repository") await makeRepository(base, PROJECT);
    else await writeFiles(base, PROJECT);
    const store = kind === "a repository" ? `${base}/.git` : `${base}/.agentfs/store.git`;
    const inProject = ([path]: [string, string]) => !path.startsWith("/.git");
    const project: Files = Object.fromEntries(Object.entries(filesOf(base)).filter(inProject));
    const seed = Date.now();
    try {
      const witness = new Witness({ base, store }, project);
      await killMany(witness, directory.path, new Random(seed));
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  });
}
