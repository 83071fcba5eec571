/** An ordinary user, to whom permission bits mean something; root would show nothing. */

import assert from "node:assert/strict";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

const NOBODY = 65534;

/** Deno's cache of npm packages, which nobody else may read, at a place where everybody may. */
async function sharedCache(directory: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const script = 'mkdir "$1" && cp -r "$0" "$1/npm" && chmod -R a+rwX "$1"';
  const args = ["-c", script, npmCache, `${directory}/deno`];
  assert.ok((await new Deno.Command("sh", { args }).output()).success);
  return `${directory}/deno`;
}

Deno.test("workspaces live with files that their owner may not read or write", async () => {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await writeFiles(base, { "a.txt": "one\n", "secret": "x", ".gitignore": "secret\n" });
  await Deno.chmod(`${base}/secret`, 0);
  const root = Deno.uid() === 0;
  if (root) {
    await Deno.chmod(directory.path, 0o777);
    const args = ["-R", `${NOBODY}:${NOBODY}`, base];
    assert.ok((await new Deno.Command("chown", { args }).output()).success);
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-lock", "--allow-all"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      new URL("children/ordinary_user.ts", import.meta.url).pathname,
      base,
    ],
    ...(root
      ? {
        uid: NOBODY,
        gid: NOBODY,
        env: { DENO_DIR: await sharedCache(directory.path), HOME: directory.path },
      }
      : {}),
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  const report = JSON.parse(decoder.decode(stdout));
  const why = "it cannot be read (EACCES)";
  const byPath = (a: { path: string }, b: { path: string }): number => a.path < b.path ? -1 : 1;
  assert.deepEqual({ ...report, unreadable: report.unreadable.toSorted(byPath) }, {
    "batch": 'PathError: Cannot do the batch: operation 3 of 4 cannot delete "/closing/file": ' +
      "permission is denied",
    "batch undone": ["/closing 500", "/closing/file 600", "/shut 500"],
    "batch again": "done",
    "batch done": ["/closing 500", "/closing/file 600", "/copy 500", "/copy/file 600"],
    "snapshot": [],
    "fork": "done",
    "restore": [],
    "unreadable": [{ path: "/hidden", reason: why }, { path: "/sealed", reason: why }],
    "restore again": ["/a.txt"],
    "delete": "done",
    "delete fork": "done",
    "carry": 'PathError: Cannot carry along "/secret": permission is denied',
    "list": [],
    "left": [],
  });
});
