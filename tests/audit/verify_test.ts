import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { type Content, linkHash, type Row } from "../../src/audit/chain.ts";
import { keepHead } from "../../src/audit/head_ref.ts";
import { SEGMENT } from "../../src/audit/lookup.ts";
import { prune } from "../../src/audit/prune.ts";
import { Random } from "../random.ts";
import { fill } from "./fill.ts";
import { draft, FIX, Ground, isThorough, openLog } from "./ground.ts";

const COLUMNS = [
  "timestamp",
  "workspace",
  "workspace_id",
  "agent_id",
  "session_id",
  "operation",
  "path",
  "details",
  "hash",
] as const;
const ENTRIES = 40;
const MUTATIONS = isThorough() ? 1000 : 200;

/** A log of which the workspace's ref knows the head. */
async function knownLog(count = ENTRIES): Promise<Ground> {
  const ground = await Ground.make();
  for (let index = 0; index < count; index++) {
    await ground.log.append(draft({ path: `/${index}`, details: { sizeAfter: index } }));
  }
  await keepHead(ground.base, ground.log, FIX.name);
  return ground;
}

/** Ways to change the log, each of which changes something. */
const MUTATIONS_BY_NAME: Record<string, (db: DatabaseSync, random: Random) => void> = {
  edit: (db, random) => {
    const column = random.pick(COLUMNS);
    const id = 1 + random.below(ENTRIES);
    const value = column === "timestamp"
      ? random.pick(["timestamp + 1", "timestamp - 1000", "0", "1152921504606846976"])
      : column === "hash"
      ? random.pick(["randomblob(32)", "zeroblob(32)", "x''"])
      : random.pick([`${column} || 'x'`, "'other'", "''"]);
    db.exec(`UPDATE audit SET ${column} = coalesce(${value}, 'x') WHERE id = ${id}`);
  },
  renumber: (db, random) => {
    const id = 1 + random.below(ENTRIES);
    const to = random.pick([
      ENTRIES + 1 + random.below(5),
      -random.below(9),
      "1152921504606846976",
    ]);
    db.exec(`UPDATE audit SET id = ${to} WHERE id = ${id}`);
  },
  delete: (db, random) => {
    const id = 1 + random.below(ENTRIES);
    db.exec(`DELETE FROM audit WHERE id BETWEEN ${id} AND ${id + random.below(4)}`);
  },
  close: (db, random) => {
    const id = 1 + random.below(ENTRIES - 1);
    db.exec(`DELETE FROM audit WHERE id = ${id}`);
    for (let at = id + 1; at <= ENTRIES; at++) {
      db.exec(`UPDATE audit SET id = ${at - 1} WHERE id = ${at}`);
    }
  },
  insert: (db, random) => {
    const id = random.pick([0, -5, ENTRIES + 1, ENTRIES + 7, "9223372036854775807"]);
    db.exec(
      `INSERT INTO audit SELECT ${id}, timestamp, workspace, workspace_id, agent_id, session_id,
      operation, path, details, randomblob(32) FROM audit WHERE id = ${1 + random.below(ENTRIES)}`,
    );
  },
  swap: (db, random) => {
    const one = 1 + random.below(ENTRIES - 1);
    const other = one + 1 + random.below(ENTRIES - one);
    db.exec(`UPDATE audit SET id = 1000 WHERE id = ${one};
      UPDATE audit SET id = ${one} WHERE id = ${other};
      UPDATE audit SET id = ${other} WHERE id = 1000`);
  },
  cut: (db, random) => db.exec(`DELETE FROM audit WHERE id > ${random.below(ENTRIES)}`),
  forge: (db, random) => rewrite(db, 1 + random.below(ENTRIES)),
  anchor: (db, random) => {
    const id = 1 + random.below(ENTRIES - 1);
    db.exec(`INSERT INTO anchor SELECT id, hash FROM audit WHERE id = ${id};
      DELETE FROM audit WHERE id <= ${id}`);
  },
};

/** Edits an entry, and computes the chain anew from there on. */
function rewrite(db: DatabaseSync, from: number): void {
  db.exec(`UPDATE audit SET path = '/forged' WHERE id = ${from}`);
  const rows = db.prepare("SELECT * FROM audit ORDER BY id").all();
  let previous: Uint8Array = new Uint8Array(32);
  for (const columns of rows) {
    const row = Object.values(columns) as unknown as Row;
    const hash = row[0] < from ? row[9] : linkHash(previous, row.slice(0, 9) as unknown as Content);
    db.prepare("UPDATE audit SET hash = ? WHERE id = ?").run(hash, row[0]);
    previous = hash;
  }
}

Deno.test("verify() finds every change of the log", async () => {
  await using ground = await knownLog();
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: ENTRIES, brokenAt: null });
  ground.log[Symbol.dispose]();
  const whole = await Deno.readFile(ground.file);
  const seed = Date.now();
  const random = new Random(seed);
  for (let times = 0; times < MUTATIONS; times++) {
    await Deno.writeFile(ground.file, whole);
    const [name, mutate] = random.pick(Object.entries(MUTATIONS_BY_NAME));
    ground.tamper((db) => mutate(db, random));
    await ground.reopen();
    const { ok, brokenAt } = await ground.audit.verify();
    ground.log[Symbol.dispose]();
    assert.equal(ok, false, `seed ${seed}: ${name}, mutation ${times}`);
    assert.ok(brokenAt !== null && brokenAt <= ENTRIES + 7, `seed ${seed}: ${name} at ${brokenAt}`);
  }
});

Deno.test("verify() says where the log is broken, and counts the workspace's entries", async () => {
  await using ground = await knownLog(30);
  await ground.log.append(draft({ workspace: "other", workspaceId: "other" }));
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: 30, brokenAt: null });
  assert.deepEqual(await ground.all.verify(), { ok: true, entries: 31, brokenAt: null });
  ground.tamper((db) => db.exec("UPDATE audit SET path = '/x' WHERE id = 12"));
  assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 30, brokenAt: 12 });
  ground.tamper((db) => db.exec("DELETE FROM audit WHERE id = 7"));
  assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 29, brokenAt: 7 });
});

Deno.test("verify() finds an older copy of the database, and a cut, by each head that is known", async () => {
  await using ground = await Ground.make();
  for (let index = 0; index < 5; index++) await ground.log.append(draft());
  ground.log[Symbol.dispose]();
  const older = await Deno.readFile(ground.file);
  await ground.reopen();
  for (let index = 0; index < 5; index++) await ground.log.append(draft());
  const head = await ground.audit.head();
  assert.deepEqual([head.id, /^[0-9a-f]{64}$/.test(head.hash)], [10, true]);

  // This process remembers.
  ground.tamper((db) => db.exec("DELETE FROM audit WHERE id > 8"));
  assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 8, brokenAt: 9 });
  ground.log[Symbol.dispose]();

  await Deno.writeFile(ground.file, older);
  await ground.reopen();
  // What nobody knows of cannot be missed.
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: 5, brokenAt: null });
  assert.deepEqual(await ground.audit.verify({ head }), { ok: false, entries: 5, brokenAt: 6 });
  await assert.rejects(ground.audit.verify({ head: { id: 1, hash: "x" } }), TypeError);
});

Deno.test("a process that knew a head which is gone remembers it when it appends", async () => {
  await using ground = await Ground.make();
  for (let index = 0; index < 10; index++) await ground.log.append(draft());
  ground.tamper((db) => db.exec("DELETE FROM audit WHERE id > 4"));
  {
    using other = await openLog(ground.file);
    for (let index = 0; index < 9; index++) await other.append(draft());
  }
  assert.equal((await ground.log.append(draft())).id, 14);
  assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 14, brokenAt: 10 });
});

Deno.test("verify() cannot find what a chain without a key cannot show", async () => {
  await using ground = await knownLog(10);
  for (let index = 0; index < 5; index++) await ground.log.append(draft());
  // A tail behind every known head, cut while nobody has it open who has seen it.
  ground.tamper((db) => db.exec("DELETE FROM audit WHERE id > 10"));
  await ground.reopen();
  assert.equal((await ground.audit.verify()).ok, true);
  // The chain computed anew behind every known head.
  for (let index = 0; index < 5; index++) await ground.log.append(draft());
  ground.tamper((db) => rewrite(db, 12));
  await ground.reopen();
  assert.equal((await ground.audit.verify()).ok, true);
  // And with the refs gone, all of it.
  ground.tamper((db) => rewrite(db, 1));
  await ground.reopen();
  assert.equal((await ground.audit.verify()).ok, false);
  ground.base.refs.delete(`refs/agentfs/${FIX.name}/audit`);
  assert.equal((await ground.audit.verify()).ok, true);
});

Deno.test("verify() finds a lookup that would make filters lie", async () => {
  await using ground = await Ground.make();
  await fill(ground.file, SEGMENT * 2 + 10, (index) => ({
    ...draft({ path: `/${index % 50}`, operation: index % 3 === 0 ? "write" : "read" }),
    timestamp: 1_000_000 + index,
  }));
  await ground.reopen();
  await ground.audit.logs({ limit: 1 });
  assert.equal((await ground.audit.verify()).ok, true);
  ground.log[Symbol.dispose]();
  const whole = await Deno.readFile(ground.file);
  const lies = {
    hidden: "DELETE FROM lookup WHERE id = 3000 AND field = 'path'",
    "made up": "INSERT INTO lookup VALUES (1, 'fix0123456789abc', 'path', '/made-up', 3000)",
    moved: "UPDATE lookup SET value = '/x' WHERE id = 3000 AND field = 'path'",
    workspace: "UPDATE segment SET workspaces = '[]' WHERE number = 1",
    time: "UPDATE segment SET latest = latest - 1 WHERE number = 1",
  };
  for (const [name, lie] of Object.entries(lies)) {
    await Deno.writeFile(ground.file, whole);
    ground.tamper((db) => db.exec(lie));
    await ground.reopen();
    const { ok, brokenAt } = await ground.audit.verify();
    ground.log[Symbol.dispose]();
    const expected = name === "workspace" || name === "time" ? SEGMENT + 1 : 3000;
    assert.deepEqual([ok, brokenAt], [false, expected], name);
  }
});

Deno.test("a segment of entries that are still to come hides nothing, and verify() finds it", async () => {
  await using ground = await Ground.make();
  const count = SEGMENT + 54;
  await fill(ground.file, count, (index) => ({ ...draft(), timestamp: 1_000_000 + index }));
  await ground.reopen();
  await ground.audit.logs({ limit: 1 });
  ground.log[Symbol.dispose]();
  const whole = await Deno.readFile(ground.file);
  for (
    const [lie, at] of [
      ["INSERT INTO segment VALUES (1, 0, 1, '[]')", SEGMENT + 1],
      ["UPDATE segment SET number = 1", SEGMENT + 1],
      ["INSERT INTO segment VALUES (9223372036854775807, 0, 1, '[]')", null],
      ["UPDATE segment SET latest = 9223372036854775807", 1],
    ] as const
  ) {
    await Deno.writeFile(ground.file, whole);
    ground.tamper((db) => db.exec(lie));
    await ground.reopen();
    assert.equal((await ground.audit.logs()).length, count, lie);
    assert.equal((await ground.all.logs({ operation: "write" })).length, count, lie);
    const { ok, brokenAt } = await ground.audit.verify();
    assert.equal(ok, false, lie);
    if (at !== null) assert.equal(brokenAt, at, lie);
    ground.log[Symbol.dispose]();
  }
});

Deno.test("a row with an id that is no exact number stops nobody, and verify() finds it", async () => {
  for (const id of ["9007199254740992", "9007199254740993", "9223372036854775807"]) {
    await using ground = await knownLog(5);
    ground.tamper((db) =>
      db.exec(
        `INSERT INTO audit SELECT ${id}, timestamp, workspace, workspace_id, agent_id, session_id,
        operation, path, details, hash FROM audit WHERE id = 5`,
      )
    );
    await ground.reopen();
    assert.equal((await ground.log.append(draft())).id, 6);
    assert.deepEqual((await ground.audit.logs()).map((entry) => entry.id), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 6, brokenAt: 7 });
  }
});

Deno.test("prune() removes what is old; the chain and the filters hold", async () => {
  for (const old of [10, SEGMENT, SEGMENT * 2 + 500]) {
    await using ground = await Ground.make();
    const count = SEGMENT * 2 + 600;
    const now = Date.now();
    await fill(ground.file, count, (index) => ({
      ...draft({ path: `/${index % 50}`, operation: index % 3 === 0 ? "write" : "read" }),
      timestamp: index < old ? now - 10 * 86_400_000 : now - 60_000,
    }));
    await ground.reopen();
    const before = await ground.audit.logs({ path: "/7" });
    await keepHead(ground.base, ground.log, FIX.name);
    assert.equal(await prune(ground.log, 11), 0);
    assert.equal(await prune(ground.log, 9), old);
    assert.equal(await prune(ground.log, 9), 0);
    const { ok, entries } = await ground.audit.verify();
    assert.deepEqual([ok, entries], [true, count - old], `${old}`);
    const left = await ground.audit.logs({ path: "/7" });
    assert.deepEqual(left, before.filter(({ id }) => id > old));
    const [told] = await ground.all.logs({ operation: "audit.prune" });
    assert.equal(told?.details?.["through"], old);
    assert.equal((await ground.log.append(draft())).id, count + 2);
    await ground.reopen();
    assert.equal((await ground.all.verify()).entries, count + 2 - old);
    // Without what tells of it, the removal is a forgery; and so is one that goes further.
    ground.tamper((db) => {
      db.exec(`INSERT INTO anchor SELECT id, hash FROM audit WHERE id = ${old + 50};
        DELETE FROM audit WHERE id <= ${old + 50}`);
    });
    assert.equal((await ground.all.verify()).ok, false);
  }
});

Deno.test("prune() keeps a log of which everything is old in working order", async () => {
  await using ground = await Ground.make();
  await fill(ground.file, 100, () => ({ ...draft(), timestamp: 1000 }));
  await ground.reopen();
  assert.equal(await prune(ground.log, 1), 100);
  assert.deepEqual((await ground.all.logs()).map(({ id }) => id), [101]);
  assert.equal((await ground.log.append(draft())).id, 102);
  assert.deepEqual(await ground.audit.verify(), { ok: true, entries: 1, brokenAt: null });
  await assert.rejects(prune(ground.log, 0), { name: "RangeError", message: /days is above 0/ });
});

Deno.test("prune() removes nothing of a log that is not as it was", async () => {
  const edits = {
    timestamp: "UPDATE audit SET timestamp = 1000 WHERE id = 7",
    "all timestamps": "UPDATE audit SET timestamp = 1000 WHERE id <= 8",
    path: "UPDATE audit SET path = '/x' WHERE id = 3",
    gap: "DELETE FROM audit WHERE id = 2",
    before: "UPDATE audit SET id = -1 WHERE id = 1",
    unreadable: "UPDATE audit SET timestamp = -9223372036854775807 WHERE id = 2",
  };
  for (const [name, edit] of Object.entries(edits)) {
    await using ground = await Ground.make();
    const timestamp = Date.now() - 60_000;
    await fill(ground.file, 600, (index) => ({
      ...draft(),
      timestamp: name === "all timestamps" || index >= 6 ? timestamp : 1000,
    }));
    ground.tamper((db) => db.exec(edit));
    await ground.reopen();
    const count = () => ground.log.database.prepare("SELECT count(*) FROM audit").get<[number]>();
    const before = count();
    assert.equal(await prune(ground.log, 1), 0, name);
    assert.deepEqual(count(), before, name);
    assert.equal((await ground.audit.verify()).ok, false, name);
  }
});

/** Removes the oldest entries as retention does, and tells of it with these details. */
function forgePrune(db: DatabaseSync, through: number, details: Record<string, unknown>): void {
  const [last] = db.prepare("SELECT * FROM audit ORDER BY id DESC LIMIT 1").all();
  const content: Content = [
    Number(last!["id"]) + 1,
    Date.now(),
    "",
    "",
    null,
    "session",
    "audit.prune",
    null,
    JSON.stringify(details),
  ];
  const hash = linkHash(last!["hash"] as Uint8Array, content);
  db.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(...content, hash);
  db.exec(`INSERT INTO anchor SELECT id, hash FROM audit WHERE id = ${through};
    DELETE FROM audit WHERE id <= ${through}`);
}

Deno.test("verify() takes a removal only with an entry that tells of it as it was", async () => {
  const hashAt = (db: DatabaseSync, id: number) =>
    (db.prepare("SELECT hash FROM audit WHERE id = ?").get(id)!["hash"] as Uint8Array).toHex();
  const forgeries: Record<string, [ok: boolean, details: (db: DatabaseSync) => object]> = {
    "no hash": [false, () => ({ through: 6, days: 30 })],
    "another hash": [false, (db) => ({ through: 6, hash: hashAt(db, 5), days: 30 })],
    "not so far": [false, (db) => ({ through: 5, hash: hashAt(db, 5), days: 30 })],
    "further, another hash": [false, (db) => ({ through: 8, hash: hashAt(db, 6), days: 30 })],
    "what is not there": [false, (db) => ({ through: 11, hash: hashAt(db, 6), days: 30 })],
    // As one that was killed on the way leaves it.
    "further": [true, (db) => ({ through: 8, hash: hashAt(db, 8), days: 30 })],
    // What a chain without a key cannot tell from retention, but shows.
    "all right": [true, (db) => ({ through: 6, hash: hashAt(db, 6), days: 30 })],
  };
  for (const [name, [ok, details]] of Object.entries(forgeries)) {
    await using ground = await knownLog(10);
    const head = await ground.audit.head();
    ground.tamper((db) => forgePrune(db, 6, { ...details(db) }));
    await ground.reopen();
    assert.equal((await ground.all.verify()).ok, ok, name);
    assert.equal((await ground.all.verify({ head })).ok, ok, name);
    assert.equal((await ground.all.logs({ operation: "audit.prune" })).length, 1);
  }
});
