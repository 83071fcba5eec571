/**
 * Several agents try the same task, each in a workspace of its own; the one whose work passes the
 * tests, and is smallest, is kept.
 *
 * Run it with `deno run -A examples/parallel_agents.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { AgentFS, type Workspace } from "@agentfs/sdk";

/** What each agent makes of "write max.sh, which prints the greatest of its arguments". */
const attempts: Record<string, string> = {
  hasty: 'echo "$1"\n',
  wordy: 'greatest=$1\nfor number in "$@"; do\n' +
    '  if [ "$number" -gt "$greatest" ]; then greatest=$number; fi\ndone\necho "$greatest"\n',
  terse: `printf '%s\\n' "$@" | sort -n | tail -n 1\n`,
};

/** The tests that the work has to pass. */
const TESTS = `test "$(sh max.sh 1 30 4)" = 30 && test "$(sh max.sh -5 -2)" = -2`;

interface Outcome {
  readonly workspace: Workspace;
  readonly passed: boolean;
  readonly size: number;
}

async function attempt(afs: AgentFS, agentId: string, program: string): Promise<Outcome> {
  const workspace = await afs.workspace.create(`max-${agentId}`, { from: "start", agentId });
  await workspace.writeFile("/max.sh", program);
  const { success } = await workspace.run(TESTS, { timeout: 10_000 });
  return { workspace, passed: success, size: (await workspace.diff()).stats.insertions };
}

const directory = await Deno.makeTempDir();
try {
  await using afs = new AgentFS(directory);
  await afs.workspace.create("start");

  const outcomes = await Promise.all(
    Object.entries(attempts).map(([agentId, program]) => attempt(afs, agentId, program)),
  );
  for (const { workspace, passed, size } of outcomes) {
    console.log(`${workspace.agentId}: ${passed ? "passed" : "failed"}, ${size} lines`);
  }
  const [best] = outcomes.filter(({ passed }) => passed).sort((a, b) => a.size - b.size);
  if (best === undefined) throw new Error("No agent has solved the task");

  const { oid } = await best.workspace.commit("Add max.sh");
  for (const { workspace } of outcomes) {
    if (workspace !== best.workspace) await afs.workspace.delete(workspace.name);
  }
  console.log(`kept ${best.workspace.branch} at ${oid.slice(0, 7)}`);
} finally {
  await Deno.remove(directory, { recursive: true });
}
