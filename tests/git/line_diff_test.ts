import * as assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ByteParts } from "../../src/git/byte_parts.ts";
import { writeHunks } from "../../src/git/hunks.ts";
import { diffLines, withoutCommonTail } from "../../src/git/line_diff.ts";
import { finish, type Steps } from "../../src/git/steps.ts";
import { Slices } from "../../src/platform/slices.ts";
import { tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { randomPair, sourceFiles } from "./line_edits.ts";
import { asText } from "./patches.ts";

const PAIRS = Deno.env.get("AGENTFS_THOROUGH") === "1" ? 1000 : 150;

Deno.test("diffLines() and writeHunks() say what git diff does of random edits", async () => {
  const seed = Deno.env.get("AGENTFS_THOROUGH") === "1" ? Date.now() % 1e9 : 4;
  const random = new Random(seed);
  const sources = sourceFiles();
  await using directory = await temporaryDirectory();
  const pairs = Array.from({ length: PAIRS }, () => randomPair(random, sources));
  for (const [number, [old, now]] of pairs.entries()) {
    for (const [side, text] of [["a", old], ["b", now]] as const) {
      await Deno.mkdir(`${directory.path}/${side}`, { recursive: true });
      await Deno.writeTextFile(`${directory.path}/${side}/${number}`, text);
    }
  }
  for (const context of [3, 0, 1, 20]) {
    const theirs = await theirHunks(directory.path, context);
    const different = pairs.flatMap(([old, now], number) =>
      ourHunks(old, now, context) === (theirs.get(number) ?? "") ? [] : [number]
    );
    const equal = PAIRS - different.length;
    assert.deepEqual(
      different,
      [],
      `${equal} of ${PAIRS} are equal, seed ${seed}, context ${context}`,
    );
  }
});

function ourHunks(old: string, now: string, context: number): string {
  const sides: [Uint8Array, Uint8Array] = [Buffer.from(old), Buffer.from(now)];
  const compared = context === 0 ? withoutCommonTail(...sides) : sides;
  const diff = atOnce(diffLines(...compared));
  const parts = new ByteParts();
  atOnce(writeHunks(parts, diff!, context));
  return asText(Buffer.concat(parts.chunks()));
}

function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The hunks that git finds between the files of `a` and of `b`, by their number. */
async function theirHunks(directory: string, context: number): Promise<Map<number, string>> {
  const args = ["diff", "--no-index", "--no-renames", `--unified=${context}`, "a", "b"];
  const patch = asText((await tryGit(directory, args)).bytes);
  return new Map(
    patch.split(/^(?=diff --git )/m).map((file) => {
      const start = file.indexOf("\n@@ ");
      return [Number(/ a\/a\/(\d+) /.exec(file)?.[1]), start < 0 ? "" : file.slice(start + 1)];
    }),
  );
}

const LINES = 100_000;

function lines(count: number, line: (number: number) => string | number): Uint8Array {
  return Buffer.from(Array.from({ length: count }, (_, number) => `${line(number)}\n`).join(""));
}

const random = new Random(7);

/** What takes other programs seconds or minutes. */
const WORST: Record<string, () => [Uint8Array, Uint8Array]> = {
  "100,000 equal lines between others": () => [
    lines(LINES, (number) => number === 0 ? "a" : "x"),
    lines(LINES / 2, (number) => number === 0 ? "b" : "x"),
  ],
  "100,000 unrelated lines": () => [
    lines(LINES, (number) => `old ${number}`),
    lines(LINES, (number) => `new ${number}`),
  ],
  "100,000 lines of a few hundred kinds": () => [
    lines(LINES, () => random.below(300)),
    lines(LINES, () => random.below(300)),
  ],
  "100,000 lines in another order": () => [
    lines(LINES, (number) => number),
    lines(LINES, (number) => number * 7919 % LINES),
  ],
  "two rhythms": () => [
    lines(LINES, (number) => number % 7),
    lines(LINES, (number) => (number * number + number) % 7),
  ],
  "every other line blank": () => [
    lines(LINES, (number) => number % 2 && `a${number}`),
    lines(LINES, (number) => number % 2 && `b${number}`),
  ],
  "one line of 50 MB": () => [
    Buffer.alloc(50_000_000, "a"),
    Buffer.concat([Buffer.alloc(49_999_999, "a"), Buffer.from("b")]),
  ],
};

for (const [what, sides] of Object.entries(WORST)) {
  Deno.test(`diffLines() ends soon, and pauses often, for ${what}`, async () => {
    const [old, now] = sides();
    const steps = diffLines(old, now);
    let pauses = 0;
    const counted: typeof steps = (function* () {
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        pauses++;
        yield;
      }
    })();
    const diff = await finish(counted, new Slices());
    assert.ok(diff !== null && diff.changes.length > 0);
    assert.ok(pauses >= 10, `it paused ${pauses} times`);
    // Whatever was decided: the unchanged lines are the same ones on both sides.
    const kept = [diff.old, diff.now].map(({ changed, classes }) =>
      classes.filter((_, line) => changed[line] === 0)
    );
    assert.deepEqual(kept[0], kept[1]);
  });
}
