import assert from "node:assert/strict";
import type { AuditEntry, AuditFilter } from "../../src/audit/types.ts";
import { SEGMENT } from "../../src/audit/lookup.ts";
import { Selection } from "../../src/worktree/patterns.ts";
import { Random } from "../random.ts";
import { resident } from "../resident.ts";
import { draft, FIX, Ground, isThorough } from "./ground.ts";
import { fill } from "./fill.ts";

const OPERATIONS = ["read", "write", "move", "copy", "run", "agent.think"];
const PATHS = ["/a.txt", "/b.md", "/docs/a.md", "/docs/deep/c.ts", "/[x].ts", "../out", null];
const WORKSPACES = [FIX, { name: "fix", id: "earlier", agentId: null }, {
  name: "other",
  id: "other",
  agentId: "b",
}];

/** The plainest reading of a filter. */
function model(entries: readonly AuditEntry[], filter: AuditFilter): AuditEntry[] {
  const { operation, path, from, to, agentId, limit, after } = filter;
  const glob = path !== undefined && /[*?[\\]/.test(path)
    ? new Selection({ include: [path] })
    : null;
  const fits = (other: unknown) =>
    typeof other === "string" &&
    (other === path || other === `/${path}` || glob?.has(other) === true);
  const found = entries.filter((entry) =>
    (operation === undefined || [operation].flat().includes(entry.operation)) &&
    (path === undefined || fits(entry.path) ||
      (/copy|move/.test(entry.operation) && fits(entry.details?.["from"]))) &&
    (from === undefined || entry.timestamp >= from) &&
    (to === undefined || entry.timestamp <= to) &&
    (agentId === undefined || entry.agentId === agentId) &&
    (after === undefined || entry.id > after)
  );
  if (limit === undefined) return found;
  return after === undefined ? found.slice(-limit) : found.slice(0, limit);
}

Deno.test("logs() and stream() find what the plainest search finds", async () => {
  await using ground = await Ground.make();
  const seed = Date.now();
  const random = new Random(seed);
  // A clock that is set back in between, over full segments and one that is not.
  let now = Date.UTC(2026, 0, 1);
  const made: AuditEntry[][] = [[], [], []];
  await fill(ground.file, SEGMENT * 3 + 700, () => {
    now += random.rarely(500, -400_000, random.below(1000));
    const index = random.below(3);
    const { name, id, agentId } = WORKSPACES[index]!;
    const operation = random.rarely(1000, "rare", random.pick(OPERATIONS));
    return {
      ...draft({ workspace: name, workspaceId: id, agentId, operation }),
      path: random.pick(PATHS),
      details: random.pick([null, { from: random.pick(PATHS) ?? 7 }, { sizeAfter: 1 }]),
      timestamp: now,
    };
  });
  await ground.reopen();
  const all = await ground.all.logs();
  assert.equal(all.length, SEGMENT * 3 + 700);
  for (const [index, workspace] of WORKSPACES.entries()) {
    made[index] = await ground.view(workspace).logs();
  }
  assert.deepEqual(made.flat().toSorted((a, b) => a.id - b.id), all, `seed ${seed}`);
  const views = [
    [ground.all, all],
    ...WORKSPACES.map((workspace, index) => [ground.view(workspace), made[index]!] as const),
  ] as const;
  const maybe = <T>(value: T): T | undefined => random.pick([value, undefined]);
  const moment = () =>
    new Date(all[random.below(all.length)]!.timestamp.getTime() + random.below(3) - 1);
  for (let query = 0; query < 300; query++) {
    const filter = Object.fromEntries(
      Object.entries({
        operation: maybe(random.pick([random.pick(OPERATIONS), ["rare", "run"], "none", []])),
        path: maybe(
          random.pick(["/a.txt", "a.txt", "*.md", "docs/**", "/docs", "/[x].ts", "../out"]),
        ),
        from: random.rarely(3, moment(), undefined),
        to: random.rarely(3, moment(), undefined),
        agentId: random.rarely(4, random.pick(["agent", "b", "nobody"]), undefined),
        limit: maybe(1 + random.below(random.pick([3, 300, 3000]))),
        after: random.rarely(3, random.below(all.length + 10), undefined),
      }).filter(([, value]) => value !== undefined),
    ) as AuditFilter;
    const [view, entries] = random.pick(views);
    const expected = model(entries, filter);
    const message = `seed ${seed}: ${JSON.stringify(filter)}`;
    const found = query % 2 === 0
      ? await view.logs(filter)
      : await Array.fromAsync(view.stream(filter));
    assert.deepEqual(found, expected, message);
  }
});

Deno.test("a filter that makes no sense is refused, by the name of what is wrong", async () => {
  await using ground = await Ground.make();
  const wrong: [unknown, RegExp][] = [
    [{ operation: 1 }, /operation is a string or an array of strings, not number/],
    [{ path: 1 }, /path is a string/],
    [{ from: "2026-01-01" }, /from is a Date that is a moment, not string/],
    [{ to: new Date(NaN) }, /to is a Date that is a moment/],
    [{ agentId: null }, /agentId is a string, not null/],
    [{ limit: "1" }, /limit is a number/],
    [{ since: 1 }, /there is no option "since"; there are operation, path/],
    [null, /its options are an object, not null/],
  ];
  for (const [filter, message] of wrong) {
    await assert.rejects(ground.audit.logs(filter as AuditFilter), { name: "TypeError", message });
  }
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(ground.audit.logs({ limit }), {
      name: "RangeError",
      message: /limit is a/,
    });
  }
  await assert.rejects(ground.audit.logs({ after: -1 }), {
    name: "RangeError",
    message: /after is a/,
  });
});

Deno.test("a log that was tampered with is read as far as it is there", async () => {
  await using ground = await Ground.make();
  await fill(ground.file, SEGMENT * 3 + 10, () => ({ ...draft(), timestamp: 1000 }));
  ground.tamper((db) => {
    db.exec(`DELETE FROM audit WHERE id BETWEEN 100 AND ${SEGMENT * 2 + 5};
      UPDATE audit SET id = 1000000000000000 WHERE id = ${SEGMENT * 3 + 10}`);
  });
  await ground.reopen();
  const ids = (await ground.audit.logs()).map(({ id }) => id);
  assert.equal(ids.length, 99 + SEGMENT - 5 + 10);
  assert.equal(ids.at(-1), 1_000_000_000_000_000);
  const [newest] = await ground.audit.logs({ path: "/a.txt", limit: 1 });
  assert.equal(newest?.id, 1_000_000_000_000_000);
  assert.equal((await ground.audit.verify()).brokenAt, 100);
});

Deno.test("stream() gives what was there at its start, however much comes meanwhile", async () => {
  await using ground = await Ground.make();
  for (let index = 0; index < 600; index++) await ground.log.append(draft());
  let count = 0;
  for await (const { id } of ground.audit.stream()) {
    assert.equal(id, ++count);
    await ground.log.append(draft());
  }
  assert.equal(count, 600);
});

Deno.test("a long log is streamed in little memory, and lets others run", async () => {
  await using ground = await Ground.make();
  const count = isThorough() ? 1_000_000 : 50_000;
  await fill(ground.file, count, (index) => ({
    ...draft({ path: `/src/${index % 977}.ts` }),
    timestamp: Date.UTC(2026, 0, 1) + index,
  }));
  await ground.reopen();
  assert.equal((await ground.audit.logs({ limit: 1 })).length, 1);
  const before = resident();
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  let seen = 0;
  for await (const { id } of ground.audit.stream()) assert.equal(id, ++seen);
  clearInterval(counting);
  assert.equal(seen, count);
  assert.ok(turns > count / 50_000, `${turns} turns`);
  assert.ok(resident() - before < 100 << 20, `${(resident() - before) >> 20} MiB more`);
  const newest = await ground.audit.logs({ path: "/src/5.ts", limit: 100 });
  const expected = Array.from({ length: count }, (_, index) => index).filter((index) => {
    return index % 977 === 5;
  });
  assert.deepEqual(newest.map(({ id }) => id - 1), expected.slice(-100));
});
