/**
 * Tries everything as the user that runs this, and writes what got out.
 *
 * @module
 */

import { AgentFS, type RunResult, type Workspace } from "@agentfs/sdk";
import type { Attempt, Sign } from "../attempt.ts";
import { Ground, MARK, survivors } from "../ground.ts";
import { ALL, type Tried } from "../tables.ts";

const [directory = "", probe = "", mode = ""] = Deno.args;
const sandboxed = mode === "sandboxed";
const secret = Deno.env.get("AGENTFS_ESCAPE_SECRET") ?? "";
const user = Deno.uid() === 0 ? "root" : "user";

/** How long what was killed is given to be gone. */
const GRACE_MS = 1000;

async function eventually(holds: () => boolean): Promise<boolean> {
  for (const end = Date.now() + GRACE_MS; !holds() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return holds();
}

/** The commands of an attempt, one after the other; the result of the last. */
async function runScripts(attempt: Attempt, mark: string): Promise<RunResult> {
  const own = sandboxed ? "" : "unshare --mount --";
  const { timeout = 10_000, onTerminal = false, reads } = attempt;
  const results: RunResult[] = [];
  for (const script of attempt.scripts({ ground, workspace: workspace.path, own })) {
    results.push(
      await workspace.run(script, {
        timeout,
        captureOutput: !onTerminal,
        changes: false,
        env: { [MARK]: mark },
        ...(attempt.stdin === undefined ? {} : { stdin: attempt.stdin }),
        ...(sandboxed && reads !== undefined ? { permissions: { read: reads(ground) } } : {}),
      }),
    );
  }
  return results.at(-1)!;
}

async function attemptOne(attempt: Attempt): Promise<Tried> {
  const mark = `${attempt.name} ${crypto.randomUUID()}`;
  const before = ground.look();
  const signs: Sign[] = [];
  let said = "";
  let code = -1;
  try {
    const result = await runScripts(attempt, mark);
    code = result.code;
    said = (result.stdout + result.stderr).slice(0, 400);
    if (result.stdout.includes(secret) || result.stderr.includes(secret)) signs.push("secret");
    if (code === 0 && attempt.sign === "success") signs.push("success");
  } catch (error) {
    said = `${error}`;
  }
  if (attempt.sign === "death" && await isVictimDead()) signs.push("death");
  const changed = differences(before, ground.look());
  if (changed.length > 0) signs.push("change");
  const left = await leftOver(mark);
  if (left.length > 0) signs.push("survivors");
  for (const process of left) Deno.kill(process, "SIGKILL");
  await ground.restore(gitFile);
  return { name: attempt.name, signs, code, said, changed };
}

/** A victim that lives through the attempt lives on. */
async function isVictimDead(): Promise<boolean> {
  return sandboxed ? !ground.isVictimAlive() : await eventually(() => !ground.isVictimAlive());
}

async function leftOver(mark: string): Promise<number[]> {
  if (sandboxed) await eventually(() => survivors(mark).length === 0);
  return survivors(mark);
}

function differences(before: Record<string, string>, after: Record<string, string>): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => before[path] !== after[path]);
}

await using ground = await Ground.make({ directory, probe, secret, sandboxed });
await using afs = new AgentFS(ground.base, {
  run: { sandbox: sandboxed ? "required" : "off" },
});
const workspace: Workspace = await ground.workspace(afs);
const gitFile = {
  path: `${workspace.path}/.git`,
  content: await Deno.readTextFile(`${workspace.path}/.git`),
};
const tried: Tried[] = [];
for (const attempt of ALL) {
  if (!sandboxed && attempt.bites !== "everybody" && attempt.bites !== user) continue;
  tried.push(await attemptOne(attempt));
}
await Deno.writeTextFile(`${directory}/report.json`, JSON.stringify(tried));
