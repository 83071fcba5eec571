import * as assert from "node:assert/strict";
import { RefReader } from "../../src/git/refs.ts";
import {
  areOwnersRefs,
  mayChangeUnseen,
  mergePackedRefs,
  ownersRefs,
  ownersRefsFacts,
} from "../../src/inside/owners_refs.ts";
import { git, makeRepository } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(40));
const HEADER = "# pack-refs with: sorted \n";

Deno.test("mergePackedRefs() brings the owner's refs up to date and keeps the agent's", () => {
  const before = `${A} refs/heads/gone\n${A} refs/heads/main\n`;
  const now = `${B} refs/heads/main\n${B} refs/tags/v1\n`;
  assert.equal(mergePackedRefs("", "", now), `${HEADER}${now}`);
  assert.equal(mergePackedRefs(`${HEADER}${before}`, before, now), `${HEADER}${now}`);
  const agents =
    `# pack-refs with: peeled\n${before}^${C}\n${C} refs/heads/mine\n${C} refs/tags/v1\n`;
  assert.equal(
    mergePackedRefs(`${agents}${C} ../../evil\nrubbish\n`, before, now),
    `${HEADER}${B} refs/heads/main\n${C} refs/heads/mine\n${C} refs/tags/v1\n`,
  );
});

Deno.test("areOwnersRefs() sees every change of a ref, and trusts no recent look", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/r`;
  const common = `${path}/.git`;
  await makeRepository(path, { "a.txt": "a\n" });
  await git(path, "branch", "x/y/z");
  await git(path, "branch", "agentfs/w");
  const recent = ownersRefsFacts(common);
  assert.ok(mayChangeUnseen(recent));
  assert.equal(areOwnersRefs(common, recent), false);
  const settle = async (): Promise<string> => {
    const past = new Date(Date.now() - 60_000);
    for (const ref of ["heads", "heads/x", "heads/x/y", "tags", "remotes", "remotes/o"]) {
      await Deno.utime(`${common}/refs/${ref}`, past, past).catch(() => {});
    }
    await Deno.utime(`${common}/packed-refs`, past, past).catch(() => {});
    return ownersRefsFacts(common);
  };
  const quiet = await settle();
  await git(path, "update-ref", "refs/heads/agentfs/w", "HEAD");
  assert.equal(areOwnersRefs(common, quiet), true);
  const changes = [
    ["commit", "--quiet", "--allow-empty", "--message", "x"],
    ["tag", "v1"],
    ["branch", "--force", "x/y/z", "HEAD"],
    ["update-ref", "refs/remotes/o/main", "HEAD"],
    ["pack-refs", "--all"],
    ["branch", "--delete", "--force", "x/y/z"],
  ];
  for (const change of changes) {
    const facts = await settle();
    assert.equal(mayChangeUnseen(facts), false);
    assert.equal(areOwnersRefs(common, facts), true);
    await git(path, ...change);
    assert.equal(areOwnersRefs(common, facts), false, change.join(" "));
  }
  const names = ownersRefs(new RefReader(common))?.replace(/^\w+ /gm, "");
  assert.equal(names, "refs/heads/main\nrefs/tags/v1\nrefs/remotes/o/main\n");
});
