import assert from "node:assert/strict";
import { Layout } from "../../src/registry/layout.ts";
import { Session } from "../../src/registry/session.ts";
import { temporaryDirectory } from "../temporary.ts";

/** A layout of its own below `directory`. */
function layoutIn(directory: string): Layout {
  return new Layout({
    base: directory,
    commonDirectory: `${directory}/.agentfs/store.git`,
    dataDirectory: `${directory}/.agentfs`,
  });
}

const names = (path: string): string[] => [...Deno.readDirSync(path)].map(({ name }) => name);

/** What a session that was killed leaves: its file, which nobody holds, and temporary files. */
async function leaveDead(layout: Layout, id: string): Promise<void> {
  await Deno.mkdir(layout.sessions, { recursive: true });
  await Deno.writeTextFile(`${layout.sessions}/${id}`, "process 1, has the base open");
  await Deno.writeTextFile(`${layout.storeTemporary}/${id}-0`, "x");
  await Deno.mkdir(`${layout.dataTemporary}/${id}-1/deep`, { recursive: true });
}

Deno.test("Session gives out paths that nobody has, on both file systems", async () => {
  await using directory = await temporaryDirectory();
  const layout = layoutIn(directory.path);
  using one = Session.start(layout);
  using two = Session.start(layout);
  const paths = [one, two].flatMap((session) =>
    Array.from({ length: 50 }, () => [session.storeTemporary(), session.dataTemporary()]).flat()
  );
  assert.equal(new Set(paths).size, paths.length);
  assert.ok(one.storeTemporary().startsWith(`${layout.storeTemporary}/${one.id}-`));
  assert.ok(one.dataTemporary().startsWith(`${layout.dataTemporary}/${one.id}-`));
});

Deno.test("Session leaves nothing when it ends, and touches nothing of others", async () => {
  await using directory = await temporaryDirectory();
  const layout = layoutIn(directory.path);
  using other = Session.start(layout);
  await Deno.writeTextFile(other.dataTemporary(), "x");
  {
    using session = Session.start(layout);
    session.clock();
    assert.equal(names(layout.sessions).length, 2);
  }
  assert.deepEqual(names(layout.sessions), [other.id]);
  assert.deepEqual(names(layout.storeTemporary), []);
  assert.deepEqual(names(layout.dataTemporary), [`${other.id}-0`]);
});

Deno.test("Session stays as a dead one where its work has left something, for the next sweep", async () => {
  await using directory = await temporaryDirectory();
  const layout = layoutIn(directory.path);
  const ended = Session.start(layout);
  await Deno.mkdir(ended.dataTemporary());
  ended[Symbol.dispose]();
  using session = Session.start(layout);
  {
    using hold = new DisposableStack();
    assert.deepEqual(session.deadSessions(hold), new Set([ended.id]));
    session.sweep(ended.id);
  }
  assert.deepEqual(names(layout.sessions), [session.id]);
  assert.deepEqual(names(layout.dataTemporary), []);
});

Deno.test("Session knows which sessions are dead, and sweeps what they left", async () => {
  await using directory = await temporaryDirectory();
  const layout = layoutIn(directory.path);
  using session = Session.start(layout);
  using other = Session.start(layout);
  await Deno.writeTextFile(other.storeTemporary(), "x");
  await leaveDead(layout, "dead0");
  await leaveDead(layout, "dead00");
  {
    using hold = new DisposableStack();
    const dead = session.deadSessions(hold);
    assert.deepEqual(dead, new Set(["dead0", "dead00"]));
    assert.ok(session.isAlive(session.id) && session.isAlive(other.id));
    // Nobody else finds the dead ones while they are held.
    using nothing = new DisposableStack();
    assert.deepEqual(other.deadSessions(nothing), new Set());
    assert.deepEqual(session.leftovers(new Set(["dead0"])), [
      `${layout.storeTemporary}/dead0-0`,
      `${layout.dataTemporary}/dead0-1`,
    ]);
    for (const id of dead) session.sweep(id);
  }
  assert.ok(!session.isAlive("dead0"));
  assert.deepEqual(names(layout.storeTemporary), [`${other.id}-0`]);
  assert.deepEqual(names(layout.dataTemporary), []);
  assert.deepEqual(new Set(names(layout.sessions)), new Set([session.id, other.id]));
});

Deno.test("Session.clock() is the clock of the files, in whole seconds, and goes on", async () => {
  await using directory = await temporaryDirectory();
  using session = Session.start(layoutIn(directory.path));
  const first = session.clock();
  const path = `${directory.path}/file`;
  await Deno.writeTextFile(path, "x");
  const written = Math.floor((await Deno.stat(path)).mtime!.getTime() / 1000);
  const last = session.clock();
  assert.ok(Number.isInteger(first));
  assert.ok(first <= written && written <= last, `${first} ${written} ${last}`);
});
