import assert from "node:assert/strict";
import { draft, FIX, Ground } from "./ground.ts";

Deno.test("record() makes an entry of the agent's own", async () => {
  await using ground = await Ground.make();
  const details = { tool: "search", arguments: { q: "x" }, n: 1.5, list: [null, true] };
  const entry = await ground.audit.record("tool.call", details);
  assert.deepEqual({ ...entry, timestamp: null }, {
    id: 1,
    timestamp: null,
    workspace: "fix",
    agentId: "agent",
    sessionId: "0123456789ab",
    operation: "tool.call",
    path: null,
    details,
  });
  const bare = await ground.audit.record("decision");
  assert.equal(bare.details, null);
  assert.deepEqual(await ground.audit.logs(), [entry, bare]);
  assert.equal((await ground.all.record("of the base")).workspace, "");
  assert.equal((await ground.audit.logs()).length, 2);
  assert.equal((await ground.audit.record("x", { left: undefined, out: 1 })).details?.["out"], 1);
});

Deno.test("record() refuses what it cannot enter, and says why", async () => {
  await using ground = await Ground.make();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const wrong: [unknown, unknown, string, RegExp][] = [
    [1, undefined, "TypeError", /operation is a string, not number/],
    ["", undefined, "TypeError", /operation has 1 to 200 characters, not 0/],
    ["x".repeat(201), undefined, "TypeError", /characters, not 201/],
    ["\ud800", undefined, "TypeError", /operation is valid Unicode without NUL/],
    ["a\0", undefined, "TypeError", /operation is valid Unicode/],
    ["write", undefined, "TypeError", /cannot be "write": AgentFS itself uses .* "agent\.write"/],
    ["sync.push", undefined, "TypeError", /cannot be "sync\.push"/],
    ["snapshot.delete", undefined, "TypeError", /starts with sync\., snapshot\., audit\./],
    ["audit.prune", undefined, "TypeError", /cannot be "audit\.prune"/],
    ["x", null, "TypeError", /details are an object, not null/],
    ["x", [1], "TypeError", /details are an object, not array/],
    [
      "x",
      { a: { b: [1, () => 1] } },
      "TypeError",
      /details\.a\.b\[1\] is plain JSON, not function/,
    ],
    ["x", { n: NaN }, "TypeError", /details\.n is plain JSON, not NaN/],
    ["x", { n: 1n }, "TypeError", /details\.n is plain JSON, not bigint/],
    ["x", { when: new Date() }, "TypeError", /details\.when is plain JSON, not a Date/],
    ["x", { map: new Map() }, "TypeError", /details\.map is plain JSON, not a Map/],
    ["x", circle, "RangeError", /more than 32 levels deep/],
    ["x", { text: "é".repeat(33_000) }, "RangeError", /at most 65536 bytes of JSON, not 66011/],
  ];
  for (const [operation, details, name, message] of wrong) {
    const recording = ground.audit.record(operation as string, details as Record<string, unknown>);
    await assert.rejects(recording, { name, message });
  }
  assert.deepEqual(await ground.all.logs(), []);
});

Deno.test("a later workspace of the same name starts anew, and the base has all", async () => {
  await using ground = await Ground.make();
  await ground.log.append(draft());
  const later = ground.view({ ...FIX, id: "another" });
  await later.record("x");
  assert.deepEqual((await ground.audit.logs()).map(({ id }) => id), [1]);
  assert.deepEqual((await later.logs()).map(({ id }) => id), [2]);
  assert.deepEqual((await ground.all.logs()).map(({ id }) => id), [1, 2]);
});
