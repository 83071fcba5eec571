import assert from "node:assert/strict";
import { prepareDataDirectory } from "../../src/registry/data_directory.ts";
import { everythingBelow } from "../everything.ts";
import { makeProject } from "../project.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

Deno.test("prepareDataDirectory() makes a directory for its owner alone, that git ignores", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/deep/data`;
  prepareDataDirectory(path, directory.path);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
  assert.equal(await Deno.readTextFile(`${path}/.gitignore`), "*\n");
  const before = everythingBelow(directory.path);
  prepareDataDirectory(path, directory.path);
  assert.deepEqual(everythingBelow(directory.path), before);
});

Deno.test("prepareDataDirectory() mends what is missing or open to others", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/data`;
  prepareDataDirectory(path, directory.path);
  const before = everythingBelow(directory.path);
  await Deno.chmod(path, 0o755);
  await Deno.writeTextFile(`${path}/.gitignore`, "");
  await Deno.remove(`${path}/base`);
  prepareDataDirectory(path, directory.path);
  assert.deepEqual(everythingBelow(directory.path), before);
});

Deno.test("prepareDataDirectory() takes no directory that is somebody's for something else", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/home`;
  await writeFiles(path, { "notes.txt": "mine" });
  await Deno.chmod(path, 0o755);
  const before = everythingBelow(directory.path);
  assert.throws(() => prepareDataDirectory(path, directory.path), {
    code: "StoreError",
    message:
      `Cannot keep workspaces in ${path}: "notes.txt" is there, which is not ours; set dataDir ` +
      "to a directory that is new or empty",
  });
  assert.deepEqual(everythingBelow(directory.path), before);
});

Deno.test("prepareDataDirectory() takes none of another base that is still there", async () => {
  await using directory = await temporaryDirectory();
  const [one, two] = [`${directory.path}/one`, `${directory.path}/two`];
  await Deno.mkdir(one);
  await Deno.mkdir(two);
  const path = `${directory.path}/data`;
  prepareDataDirectory(path, one);
  assert.throws(() => prepareDataDirectory(path, two), {
    code: "StoreError",
    message:
      `Cannot use ${path} for the base ${two}: it belongs to the base ${one}; give each base a ` +
      "dataDir of its own",
  });
  await Deno.rename(one, `${directory.path}/moved`);
  prepareDataDirectory(path, `${directory.path}/moved`);
  assert.equal(await Deno.readTextFile(`${path}/base`), `${directory.path}/moved`);
});

Deno.test("prepareDataDirectory() knows all that we put there, as another process may be about to", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.run("true");
  const path = `${project.path}/.agentfs`;
  assert.ok([...Deno.readDirSync(path)].length > 5);
  await Deno.remove(`${path}/base`);
  prepareDataDirectory(path, project.path);
  assert.equal(await Deno.readTextFile(`${path}/base`), project.path);
});
