/**
 * The benchmark runs, and its report says what it found.
 */

import assert from "node:assert/strict";
import { toMarkdown } from "./bench/report.ts";
import type { Results } from "./bench/results.ts";
import { measure, type Row } from "./bench/rounds.ts";

/** Runs all of it that needs no network, once, on a tiny tree. */
async function check(): Promise<Results> {
  const program = new URL("./bench/main.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", program, "--check"],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("the benchmark measures every row, and reports each", async () => {
  const results = await check();
  const comparisons = results.sections.flatMap(({ comparisons }) => comparisons);
  assert.ok(comparisons.length > 25, `${comparisons.length} comparisons`);
  for (const { name, sides } of comparisons) {
    assert.equal(sides[0].who, "AgentFS");
    assert.ok(sides.length > 1, `${name}: nobody to compare with`);
    for (const { who, rounds } of sides) {
      assert.ok(
        rounds.length > 0 && rounds.every((time) => time > 0),
        `${name}, ${who}: ${rounds}`,
      );
    }
  }
  const figures = results.sections.flatMap(({ figures }) => figures);
  assert.equal(figures.length, 3);

  const report = toMarkdown(results);
  for (const { name } of [...comparisons, ...figures]) assert.ok(report.includes(name), name);
});

Deno.test("who fails at something is told of, and leaves no timer behind", async () => {
  const fails = () => Promise.reject(new Error("cannot do that"));
  const row: Row = {
    name: "something",
    entrants: [["AgentFS", { what: "able()", run: () => {} }], ["other", {
      what: "un()",
      run: fails,
    }]],
  };
  const { sides } = await measure(row, { rounds: 2, settle: false });
  assert.deepEqual(sides.map(({ rounds }) => rounds.length), [2, 0]);
  assert.equal(sides[1]!.failure, "Error: cannot do that");
});
