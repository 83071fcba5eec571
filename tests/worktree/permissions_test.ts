import * as assert from "node:assert/strict";
import { MODE } from "../../src/git/tree.ts";
import { collectPermissions, permissionsAt } from "../../src/worktree/permissions.ts";
import { stateOf } from "./look.ts";

const BLOB = { oid: "1".repeat(40) };
const EXECUTABLE = { ...BLOB, mode: MODE.executable };

Deno.test("collectPermissions() keeps what most have, and the exceptions by path", () => {
  const state = stateOf({
    "a": { ...BLOB, permissions: 0o640 },
    "b": { ...BLOB, permissions: 0o640 },
    "c": { ...BLOB, permissions: 0o4644 },
    "x": { ...EXECUTABLE, permissions: 0o700 },
    "d": { ["__proto__"]: BLOB, "constructor": { ...BLOB, permissions: 0o640 } },
    "link": { ...BLOB, mode: MODE.symlink, permissions: 0o777 },
    "module": { ...BLOB, mode: MODE.submodule, permissions: null },
    "absent": { ...BLOB, permissions: null },
  }, 0o700);
  const permissions = collectPermissions(state);
  assert.deepEqual(permissions, {
    file: "640",
    executable: "700",
    directory: "700",
    except: { "/c": "4644", "/d": "755", "/d/__proto__": "644" },
  });
});

Deno.test("permissionsAt() gives back what was collected, also through JSON", () => {
  const state = stateOf({
    "a": BLOB,
    "b": { ...BLOB, permissions: 0 },
    "x": EXECUTABLE,
    "d": { "e": { "f": { ...EXECUTABLE, permissions: 0o6711 } } },
  }, 0o1777);
  const permissions = JSON.parse(JSON.stringify(collectPermissions(state)));
  const at = permissionsAt(permissions);
  assert.equal(at("/", MODE.directory), 0o1777);
  assert.equal(at("/a", MODE.file), 0o644);
  assert.equal(at("/b", MODE.file), 0);
  assert.equal(at("/x", MODE.executable), 0o755);
  assert.equal(at("/d/e", MODE.directory), 0o755);
  assert.equal(at("/d/e/f", MODE.executable), 0o6711);
  assert.equal(at("/toString", MODE.file), 0o644);
  for (const mode of [MODE.symlink, MODE.submodule]) assert.equal(at("/a", mode), null);
});

Deno.test("collectPermissions() of nothing is what a usual umask gives", () => {
  assert.deepEqual(collectPermissions(stateOf({})), {
    file: "644",
    executable: "755",
    directory: "755",
    except: {},
  });
});
