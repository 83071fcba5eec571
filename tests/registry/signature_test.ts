import assert from "node:assert/strict";
import type { OpenBase } from "../../src/registry/open_base.ts";
import { authorSignature, ownSignature } from "../../src/registry/signature.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { openBase } from "./opened.ts";

/** The author of a commit, as `Name <email>`. */
function author(base: OpenBase, given?: string): string {
  const { name, email } = authorSignature(base, given);
  return `${name} <${email}>`;
}

Deno.test("authorSignature() takes the author given, else configured, else the repository's, else our own", async () => {
  await using project = await makeProject({ repository: true });
  {
    await using base = await openBase(project.path);
    assert.equal(author(base), "AgentFS <agentfs@localhost>");
  }
  await git(project.path, "config", "user.name", "Ada");
  {
    await using base = await openBase(project.path);
    assert.equal(author(base), "AgentFS <agentfs@localhost>");
  }
  await git(project.path, "config", "user.email", "ada@example.com");
  await using base = await openBase(project.path);
  assert.equal(author(base), "Ada <ada@example.com>");
  assert.equal(author(base, "Given <g@example.com>"), "Given <g@example.com>");
  await base[Symbol.asyncDispose]();
  await using configured = await openBase(project.path, { author: "Set <s@example.com>" });
  assert.equal(author(configured), "Set <s@example.com>");
  assert.equal(author(configured, "Given <g@example.com>"), "Given <g@example.com>");
});

Deno.test("authorSignature() takes names as git writes them, and refuses the rest", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  const good: [given: string, taken: string][] = [
    ["Ada Agent <ada@example.com>", "Ada Agent <ada@example.com>"],
    ["  Ada   <ada@example.com>  ", "Ada <ada@example.com>"],
    ["Ada<ada@example.com>", "Ada <ada@example.com>"],
    ["Äda 日本 <ä@例え.jp>", "Äda 日本 <ä@例え.jp>"],
    ["A. D. A <a>", "A. D. A <a>"],
  ];
  for (const [given, taken] of good) assert.equal(author(base, given), taken, given);
  const bad = ["", " ", "Ada", "ada@example.com", "<ada@example.com>", "Ada <>", "Ada <a b>"];
  bad.push("A\nda <a@b>", "Ada <a\n@b>", "Ada <a@b> x", "Ada <<a@b>>", "A\0da <a@b>");
  for (const given of bad) {
    assert.throws(() => authorSignature(base, given), {
      code: "CommitError",
      message: `Cannot commit as the author ${JSON.stringify(given)}: an author is "Name <email>"`,
    }, given);
  }
});

Deno.test("ownSignature() is of a moment, in whole seconds", () => {
  assert.deepEqual(ownSignature(new Date(1_700_000_000_999)), {
    name: "AgentFS",
    email: "agentfs@localhost",
    timestamp: 1_700_000_000,
    timezoneOffset: 0,
  });
});
