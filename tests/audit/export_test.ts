import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import type { AuditEntry } from "../../src/audit/types.ts";
import { draft, Ground } from "./ground.ts";

const ODD = ['"', "a,b", "line\r\nline", "'", "é😀", " x ", ";", "=1+1"];

async function oddLog(): Promise<Ground> {
  const ground = await Ground.make();
  for (const text of ODD) {
    await ground.log.append(draft({ path: `/${text}`, details: { text, deep: [{ text }] } }));
  }
  await ground.log.append(draft({ agentId: null, path: null, details: null }));
  for (let index = 0; index < 600; index++) {
    await ground.log.append(draft({ operation: "read", path: `/${index}` }));
  }
  return ground;
}

/** Reads comma-separated values as RFC 4180 has them. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    const [, value, end] = match as unknown as [string, string, string];
    row.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

function revive(entry: AuditEntry): AuditEntry {
  return { ...entry, timestamp: new Date(entry.timestamp) };
}

Deno.test("export() writes each format so that it is read back as it was", async () => {
  await using ground = await oddLog();
  const entries = await ground.audit.logs();
  const file = (name: string) => `${ground.path}/${name}`;
  for (const name of ["log.json", "log.jsonl", "log.csv", "log.CSV", "log.txt", "log"]) {
    assert.deepEqual(await ground.audit.export(file(name)), { entries: entries.length });
    assert.equal((await Deno.stat(file(name))).mode! & 0o777, 0o600);
  }
  const read = (name: string) => Deno.readTextFileSync(file(name));
  for (const name of ["log.json", "log.txt", "log"]) {
    assert.deepEqual(JSON.parse(read(name)).map(revive), entries);
    assert.equal(read(name).split("\n").length, entries.length + 3);
  }
  const lines = read("log.jsonl").split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual(lines.map((line) => revive(JSON.parse(line))), entries);
  assert.equal(read("log.csv"), read("log.CSV"));
  const [header, ...rows] = parseCsv(read("log.csv"));
  assert.deepEqual(header, Object.keys(entries[0]!));
  const parsed = rows.map((
    [id, timestamp, workspace, agentId, sessionId, operation, path, details],
  ) => ({
    id: Number(id),
    timestamp: new Date(timestamp!),
    workspace,
    agentId: agentId || null,
    sessionId,
    operation,
    path: path || null,
    details: details ? JSON.parse(details) : null,
  }));
  assert.deepEqual(parsed, entries);
});

Deno.test("export() takes a filter, a format and a URL, and replaces a file whole", async () => {
  await using ground = await oddLog();
  const file = `${ground.path}/log.json`;
  await Deno.writeTextFile(file, "old");
  const options = { operation: "read", limit: 3, format: "jsonl" } as const;
  assert.deepEqual(await ground.audit.export(pathToFileURL(file), options), { entries: 3 });
  const paths = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => {
    return JSON.parse(line).path;
  });
  assert.deepEqual(paths, ["/597", "/598", "/599"]);
  const empty = { json: "[\n]\n", jsonl: "", csv: /^id,timestamp,.*\r\n$/ };
  for (const [format, expected] of Object.entries(empty)) {
    await ground.audit.export(file, { operation: "none", format: format as "json" });
    const text = await Deno.readTextFile(file);
    if (typeof expected === "string") assert.equal(text, expected);
    else assert.match(text, expected);
  }
});

Deno.test("export() that fails leaves no file, and the old one as it was", async () => {
  await using ground = await oddLog();
  const file = `${ground.path}/exports/log.json`;
  await assert.rejects(ground.audit.export(file), {
    code: "StoreError",
    message: /Cannot export the audit log to .*exports\/log\.json: /,
  });
  await Deno.mkdir(`${ground.path}/exports`);
  await Deno.writeTextFile(file, "old");
  ground.tamper((db) => db.exec("UPDATE audit SET details = '{' WHERE id = 600"));
  await assert.rejects(ground.audit.export(file), {
    code: "StoreError",
    message: /entry 600 was changed; verify\(\) says where that begins/,
  });
  await Deno.mkdir(`${ground.path}/exports/directory`);
  await assert.rejects(ground.audit.export(`${ground.path}/exports/directory`, { limit: 1 }), {
    code: "StoreError",
  });
  const names = [...Deno.readDirSync(`${ground.path}/exports`)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["directory", "log.json"]);
  assert.equal(await Deno.readTextFile(file), "old");
  const wrong: [unknown, unknown, RegExp][] = [
    [1, {}, /file is a path or a file: URL/],
    [new URL("https://example.com/x"), {}, /file is a path/],
    [file, { format: "xml" }, /format is "json", "jsonl" or "csv", not "xml"/],
    [file, { format: "toString" }, /format is/],
    [file, { name: "x" }, /there is no option "name"/],
    [file, null, /options are an object, not null/],
  ];
  for (const [target, options, message] of wrong) {
    await assert.rejects(ground.audit.export(target as string, options as object), {
      name: "TypeError",
      message,
    });
  }
});
