import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Random } from "../random.ts";
import { draft, Ground, openLog, startChild } from "./ground.ts";

Deno.test("append() gives ids from 1 in the order of the calls, and what was stored", async () => {
  await using ground = await Ground.make();
  const start = Date.now();
  const entries = await Promise.all(
    Array.from({ length: 50 }, (_, index) => ground.log.append(draft({ path: `/${index}` }))),
  );
  assert.deepEqual(entries.map(({ id }) => id), Array.from({ length: 50 }, (_, i) => i + 1));
  assert.deepEqual(entries.map(({ path }) => path), Array.from({ length: 50 }, (_, i) => `/${i}`));
  const details = {
    sizeAfter: 3,
    oidAfter: "78981922613b2afb6025042ff6bd878ac1994e85",
    nested: [{}],
  };
  const entry = await ground.log.append(draft({ agentId: null, path: null, details }));
  assert.ok(entry.timestamp.getTime() >= start && entry.timestamp.getTime() <= Date.now());
  assert.deepEqual({ ...entry, timestamp: null }, {
    id: 51,
    timestamp: null,
    workspace: "fix",
    agentId: null,
    sessionId: "0123456789ab",
    operation: "write",
    path: null,
    details,
  });
  assert.deepEqual(await ground.audit.logs(), [...entries, entry]);
});

Deno.test("append() stores text of any kind so that the chain holds", async () => {
  await using ground = await Ground.make();
  const texts = ["/\ud800", "/a\0b", '/"\\\n\r\t', "/é😀\u2028", "/\ufeff", ""];
  for (const path of texts) {
    await ground.log.append(draft({ path, agentId: path, details: { text: path } }));
  }
  const paths = (await ground.audit.logs()).map(({ path }) => path);
  assert.deepEqual(paths, ["/\ufffd", "/a\u2400b", ...texts.slice(2)]);
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: 6, brokenAt: null });
});

Deno.test("processes that append at once make one chain without gaps", async () => {
  await using ground = await Ground.make();
  const children = ["a", "b", "c", "d"].map((name) =>
    startChild("append.ts", [ground.file, name, "500"])
  );
  const own: number[] = [];
  for (let index = 0; index < 200; index++) own.push((await ground.log.append(draft())).id);
  const outputs = await Promise.all(children.map((child) => child.output()));
  assert.deepEqual(outputs.map(({ code }) => code), [0, 0, 0, 0]);
  const lines = outputs.flatMap(({ stdout }) => {
    return new TextDecoder().decode(stdout).trimEnd().split("\n");
  });
  const entries = await ground.audit.logs();
  assert.deepEqual(entries.map(({ id }) => id), Array.from({ length: 2200 }, (_, i) => i + 1));
  const acknowledged = new Map(lines.map((line) => line.split(" ") as [string, string]));
  assert.equal(acknowledged.size, 2000);
  for (const [id, path] of acknowledged) assert.equal(entries[Number(id) - 1]!.path, path);
  assert.deepEqual(own, own.toSorted((a, b) => a - b));
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: 2200, brokenAt: null });
});

Deno.test("no acknowledged entry is lost when its process is killed", async () => {
  await using ground = await Ground.make();
  const seed = Date.now();
  const random = new Random(seed);
  const acknowledged = new Map<number, string>();
  for (let kill = 0; kill < 8; kill++) {
    const child = startChild("append.ts", [ground.file, `k${kill}`, "1000000"]);
    let text = "";
    let killing: ReturnType<typeof setTimeout> | undefined;
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      killing ??= setTimeout(() => child.kill("SIGKILL"), random.below(60));
      text += chunk;
    }
    clearTimeout(killing);
    assert.equal((await child.status).signal, "SIGKILL", `seed ${seed}`);
    for (const line of text.split("\n").slice(0, -1)) {
      const [id, path] = line.split(" ") as [string, string];
      acknowledged.set(Number(id), path);
    }
  }
  assert.ok(acknowledged.size > 8);
  const entries = await ground.audit.logs();
  for (const [id, path] of acknowledged) assert.equal(entries[id - 1]?.path, path, `seed ${seed}`);
  const { ok, entries: count } = await ground.audit.verify();
  assert.deepEqual([ok, count], [true, entries.length], `seed ${seed}`);
});

Deno.test("append() waits for a lock without holding the event loop, and gives up in the end", async () => {
  await using ground = await Ground.make();
  using impatient = await openLog(ground.file, 400);
  const other = new DatabaseSync(ground.file);
  other.exec("BEGIN IMMEDIATE");
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  await assert.rejects(impatient.append(draft()), {
    code: "BusyError",
    message:
      /Cannot append to the audit log: another process has the database .*; wait .* lockTimeout/,
  });
  assert.ok(turns > 4, `only ${turns} turns of the event loop`);
  const patient = Promise.all([1, 2, 3].map((n) => ground.log.append(draft({ path: `/${n}` }))));
  await new Promise((resolve) => setTimeout(resolve, 20));
  other.exec("COMMIT");
  other.close();
  assert.deepEqual((await patient).map(({ path }) => path), ["/1", "/2", "/3"]);
  clearInterval(counting);
  assert.equal((await impatient.append(draft())).id, 4);
  assert.equal((await ground.audit.verify()).ok, true);
});

Deno.test("a log that is closed, deleted or replaced says so", async () => {
  await using ground = await Ground.make();
  await ground.log.append(draft());
  const closed = await openLog(ground.file);
  closed[Symbol.dispose]();
  closed[Symbol.dispose]();
  await assert.rejects(closed.append(draft()), { code: "ClosedError" });
  await Deno.copyFile(ground.file, `${ground.file}.copy`);
  await Deno.rename(`${ground.file}.copy`, ground.file);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await assert.rejects(ground.log.append(draft()), {
    code: "StoreError",
    message:
      /agentfs\.db was deleted or replaced while it was open; close this AgentFS and open anew/,
  });
});
