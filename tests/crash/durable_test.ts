import assert from "node:assert/strict";
import { hasCompiler } from "./fault.ts";
import { FaultLab } from "./fault_lab.ts";

/** A call of the trace: what it does, and the file. */
interface Call {
  readonly name: string;
  readonly path: string;
}

for (const change of ["snapshot", "commit", "restore"]) {
  Deno.test({
    name: `${change}: no ref has a name on the disk before its objects have (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open();
      const calls = (await lab.run(change)).calls.map(toCall);
      const pack = firstOf(calls, isRename, /\/objects\/pack\/pack-[0-9a-f]+\.pack$/);
      const index = firstOf(calls, isRename, /\/objects\/pack\/pack-[0-9a-f]+\.idx$/);
      const names = firstOf(calls, isSync, /\/objects\/pack$/);
      const ref = firstOf(calls, isRename, /\/refs\/(heads\/agentfs|agentfs)\/[^.]+$/);
      const refNames = firstOf(calls, isSync, /\/refs\/(heads\/agentfs|agentfs)\b/, ref);
      // The contents of the pack and its index, then their names, then the ref and its name.
      const packs = syncedBefore(calls, pack, /\/tmp\/[0-9a-f]+-pack\d+$/);
      const values = syncedBefore(calls, ref, /\/tmp\/[0-9a-f]+-ref\d+$/);
      assert.ok(packs.size === 2 && values.size > 0, `${[...packs]}, ${[...values]}`);
      assert.ok(pack < index && index < names && names < ref && ref < refNames);
    },
  });
}

Deno.test({
  name: "restore: what is to happen is on the disk before a file changes (needs gcc)",
  ignore: !hasCompiler(),
  fn: async () => {
    await using lab = await FaultLab.open();
    const calls = (await lab.run("restore")).calls.map(toCall);
    const entry = firstOf(calls, isRename, /\/journal\/[^/]+$/);
    const name = firstOf(calls, isSync, /\/journal$/, entry);
    const change = firstOf(calls, () => true, /\/workspaces\/[^/]+\/(?!\.git$)/);
    assert.ok(entry < name && name < change);
  },
});

function toCall(line: string): Call {
  const [, name, path] = /^\d+ (\S+) ([^]*)$/.exec(line)!;
  return { name: name!, path: path! };
}

function isSync({ name }: Call): boolean {
  return name === "fsync" || name === "fdatasync";
}

function isRename({ name }: Call): boolean {
  return name.startsWith("rename");
}

/** The files with such a path whose content is on the disk before a call. */
function syncedBefore(calls: readonly Call[], end: number, path: RegExp): Set<string> {
  const synced = calls.slice(0, end).filter((call) => isSync(call) && path.test(call.path));
  return new Set(synced.map(({ path }) => path));
}

/** The place of the first such call with such a path, from `start` on. */
function firstOf(
  calls: readonly Call[],
  isIt: (call: Call) => boolean,
  path: RegExp,
  start = 0,
): number {
  const at = calls.findIndex((call, index) => index >= start && isIt(call) && path.test(call.path));
  assert.notEqual(
    at,
    -1,
    `no call for ${path} in\n${calls.map((c) => Object.values(c).join(" ")).join("\n")}`,
  );
  return at;
}
