/**
 * Every example runs, and shows what it is there to show.
 */

import assert from "node:assert/strict";

const ROOT = new URL("..", import.meta.url);

/** What each example prints, among other things; the demo is a task of its own. */
const SHOWN: Record<string, readonly RegExp[]> = {
  "quickstart.ts": [
    /exit code 0, .*Hello from AgentFS/,
    /^-Hello from AgentFS\n\+Goodbye$/m,
    /committed [0-9a-f]{7}: \/hello\.txt/,
  ],
  "audit_report.ts": [
    /move +\/welcome\.js/,
    /read .*refused: PathError/,
    /1 call was refused/,
    /exported \d+ entries/,
    /the log is whole/,
  ],
  "batch_refactor.ts": [
    /operation 22 of 22.*\/src\/kolor\.ts/,
    /0 files changed so far/,
    /22 files changed, \+41 -41/,
  ],
  "parallel_agents.ts": [
    /hasty: failed/,
    /wordy: passed, 5 lines/,
    /terse: passed, 1 lines/,
    /kept agentfs\/max-terse/,
  ],
  "untrusted_input.ts": [/PathError: /, /(\d) of \1 refused/, /files: .*README\.md/],
};

Deno.test("every example is run here, or is the demo", () => {
  const examples = [...Deno.readDirSync(new URL("examples/", ROOT))].map(({ name }) => name);
  assert.deepEqual(examples.sort(), [...Object.keys(SHOWN), "demo.ts"].sort());
});

for (const [name, shown] of Object.entries(SHOWN)) {
  Deno.test(`the example ${name} shows what it promises`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL(`examples/${name}`, ROOT).pathname],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const [said, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(code, 0, complaints);
    for (const pattern of shown) assert.match(said!, pattern);
    assert.doesNotMatch(said!, /NOT/);
  });
}
