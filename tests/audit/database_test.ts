import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { temporaryDirectory } from "../temporary.ts";
import { makeRepository } from "../git.ts";
import { draft, Ground, openLog, startChild } from "./ground.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

Deno.test("the database and what lies beside it are for its owner only", async () => {
  await using ground = await Ground.make();
  await ground.log.append(draft());
  for (const suffix of ["", "-wal", "-shm"]) {
    assert.equal((await Deno.stat(ground.file + suffix)).mode! & 0o777, 0o600, suffix);
  }
});

Deno.test("a database that is damaged is a StoreError that names it and the remedy", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.db`;
  const damaged = {
    code: "StoreError",
    message: /agentfs\.db says ".*"; it is damaged; move it away/,
  };
  await Deno.writeTextFile(path, "no database at all ".repeat(500));
  await assert.rejects(openLog(path), damaged);
  await Deno.remove(path);
  {
    using log = await openLog(path);
    for (let index = 0; index < 100; index++) await log.append(draft());
  }
  const bytes = await Deno.readFile(path);
  // Every page but the first.
  await Deno.writeFile(path, bytes.map((byte, index) => index < 4096 ? byte : 0x55));
  await assert.rejects(openLog(path), damaged);
  await Deno.writeFile(path, bytes);
  using log = await openLog(path);
  const other = new DatabaseSync(path);
  other.exec("DROP TABLE audit");
  other.close();
  await assert.rejects(log.append(draft()), damaged);
  await assert.rejects(openLog(`${directory.path}/agentfs.db/x`), {
    code: "StoreError",
    message: /Cannot open the database .*agentfs\.db\/x: /,
  });
});

Deno.test("a database of a newer version is left alone", async () => {
  await using ground = await Ground.make();
  await ground.log.append(draft());
  ground.tamper((db) => db.exec("PRAGMA user_version = 99"));
  await assert.rejects(openLog(ground.file), {
    code: "StoreError",
    message:
      /agentfs\.db: a newer version .*\(version 99, and this one knows \d+\); update @agentfs/,
  });
  ground.tamper((db) => assert.equal(db.prepare("SELECT count(*) n FROM audit").get()?.["n"], 1));
});

Deno.test("processes that open a new database at once make one", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/new/agentfs.db`;
  const logs = await Promise.all(Array.from({ length: 8 }, () => openLog(path)));
  const children = ["a", "b", "c"].map((name) => startChild("append.ts", [path, name, "20"]));
  await Promise.all(logs.map((log) => log.append(draft())));
  for (const child of children) assert.equal((await child.output()).code, 0);
  assert.equal((await logs[0]!.head()).id, 68);
  for (const log of logs) log[Symbol.dispose]();
});

Deno.test("reading and writing the base is all that the log needs", async () => {
  await using directory = await temporaryDirectory();
  await makeRepository(directory.path, { "a.txt": "a" });
  const { stdout, success } = await startChild("scoped.ts", [directory.path], [
    "--no-prompt",
    `--allow-read=${directory.path}`,
    `--allow-write=${directory.path}`,
    "--allow-env=IGNORE_TEST_WIN32",
  ]).output();
  assert.ok(success);
  const verified = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(verified, { ok: true, entries: 11, brokenAt: null });
});

/** Whether a process may have a small disk of its own here. */
function maySmallDisk(): boolean {
  if (Deno.build.os !== "linux") return false;
  const args = ["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"];
  try {
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "a full disk is a StoreError; nothing acknowledged is lost, and the log goes on",
  ignore: !maySmallDisk(),
  fn: async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const child = new URL("./children/fill_disk.ts", import.meta.url).pathname;
    const script =
      'mount -t tmpfs -o size=4m none "$1" && exec "$2" run -A --config "$3" "$4" "$1"';
    const { stdout, stderr, success } = await new Deno.Command("unshare", {
      args: [
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        script,
        "sh",
        path,
        Deno.execPath(),
        CONFIG,
        child,
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { count, code, message, verified } = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(code, "StoreError");
    assert.match(
      message,
      /Cannot append to the audit log: .*agentfs\.db says "database or disk is full"/,
    );
    assert.ok(count > 10);
    assert.deepEqual(verified, { ok: true, entries: count + 1, brokenAt: null });
  },
});
