import assert from "node:assert/strict";
import { workshop } from "./workshop.ts";

/** Runs a child of the tests as `deno run` would run the user's program. */
async function runChild(
  name: string,
  args: string[],
  permissions: string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-lock", "--no-npm"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      ...permissions,
      new URL(`children/${name}`, import.meta.url).pathname,
      ...args,
    ],
    ...options,
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

Deno.test("the file methods need read and write of the workspace, and no more", async () => {
  await using shop = await workshop();
  await Deno.symlink("dir/file", shop.at("/link"));
  await Deno.symlink("../outside/secret", shop.at("/out"));
  await Deno.symlink("../outside", shop.at("/out-directory"));
  const directory = shop.root.slice(0, shop.root.lastIndexOf("/"));
  const scope = [`--allow-read=${directory}`, `--allow-write=${directory}`];
  const report = JSON.parse(await runChild("scoped.ts", [directory], scope));
  const { message, ...rest } = report;
  assert.match(message, /^Cannot make the link "\/new": Deno makes them only .*--allow-run=bwrap/);
  assert.deepEqual(rest, {
    refused: { "/out": "PathError", "/out-directory/secret": "PathError" },
    code: "PathError",
    failed: [],
  });
  assert.equal(await Deno.readTextFile(`${shop.outside}/secret`), "secret");
});

Deno.test("the file methods turn what an ordinary user may not do into typed errors", async () => {
  await using shop = await workshop();
  const directory = shop.root.slice(0, shop.root.lastIndexOf("/"));
  await Deno.writeTextFile(shop.at("/somebody"), "somebody's");
  await Deno.chmod(directory, 0o777);
  for (const path of [shop.root, shop.temporaries]) await Deno.chmod(path, 0o777);
  // Root may do everything, and would show nothing.
  const root = Deno.uid() === 0;
  const report = JSON.parse(
    await runChild("unprivileged.ts", [directory], ["-A"], {
      env: { DENO_DIR: `${directory}/deno` },
      ...(root ? { uid: 65534, gid: 65534 } : {}),
    }),
  );
  const denied = "permission is denied";
  assert.deepEqual(report, {
    "read a file without permission": `PathError: Cannot read "/secret": ${denied}`,
    "stream a file without permission": `PathError: Cannot read "/secret": ${denied}`,
    "append to a file without permission": `PathError: Cannot read "/secret": ${denied}`,
    "copy a file without permission": `PathError: Cannot read "/secret": ${denied}`,
    "list a closed directory": `PathError: Cannot list "/closed": ${denied}`,
    "list all with a closed directory": `PathError: Cannot list "/closed": ${denied}`,
    "read in a closed directory": `PathError: Cannot use the path "/closed/file": ${denied}`,
    "copy a tree with a closed directory": `PathError: Cannot copy "/closed": ${denied}`,
    "write in a locked directory": `PathError: Cannot write "/locked/new": ${denied}`,
    "make parents in a locked directory": `PathError: Cannot write "/locked/a/b": ${denied}`,
    "create in a locked directory": `PathError: Cannot write "/locked/new": ${denied}`,
    "make a directory in a locked directory":
      `PathError: Cannot make the directory "/locked/new": ${denied}`,
    "delete in a locked directory": `PathError: Cannot delete "/locked/file": ${denied}`,
    "delete a directory in a locked directory": `PathError: Cannot delete "/locked/sub": ${denied}`,
    "move out of a locked directory": `PathError: Cannot move to "/new/file": ${denied}`,
    "move a locked directory": `PathError: Cannot move to "/new/locked": ${denied}`,
    "change the mode of somebody's file": root
      ? 'PathError: Cannot change the mode of "/somebody": the operating system does not permit it'
      : "done",
    "copy a locked directory": "done",
    "replace somebody's file": "done",
    "delete a tree with a locked directory": "done",
    names: ".git closed copied locked secret somebody",
    leftovers: "",
  });
  for (const path of ["/locked/sub", "/locked", "/copied/sub", "/copied", "/closed"]) {
    await Deno.chmod(shop.at(path), 0o700);
  }
});
