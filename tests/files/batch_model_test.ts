import assert from "node:assert/strict";
import { AgentFSError, type BatchOperation, type Workspace } from "@agentfs/sdk";
import { makeProject } from "../project.ts";
import { Random } from "../random.ts";
import { Model, type NewModes, Refusal } from "./model.ts";
import { photoOf } from "./photo.ts";

const BATCHES = 25;
const SEEDS = Deno.env.get("AGENTFS_THOROUGH") === "1" ? 40 : 6;

const NAMES = ["a", "b", "c"];
const LINKS = { "/l": "a", "/m": "b/c", "/n": "../x", "/a/l": "../b" };

function randomPath(random: Random): string {
  const name = (): string =>
    random.below(12) === 0 ? random.pick(["l", "m", "n", ".."]) : random.pick(NAMES);
  const names = Array.from({ length: 1 + random.below(3) }, name);
  return `/${names.join("/")}${random.below(20) === 0 ? "/" : ""}`;
}

function randomOperation(random: Random): BatchOperation {
  const [path, other] = [randomPath(random), randomPath(random)];
  const content = `${random.below(1000)}`;
  const mode = random.pick([0o600, 0o644, 0o755]);
  return random.pick<BatchOperation>([
    { type: "write", path, content },
    { type: "write", path, content: new TextEncoder().encode(content), mode },
    { type: "write", path, content, append: true },
    { type: "copy", from: path, to: other },
    { type: "move", from: path, to: other },
    { type: "mkdir", path },
    { type: "delete", path },
    { type: "delete", path, recursive: true },
  ]);
}

function applyTo(model: Model, operation: BatchOperation): void {
  switch (operation.type) {
    case "write": {
      const { path, content, type: _, ...options } = operation;
      const text = typeof content === "string" ? content : new TextDecoder().decode(content);
      return model.write(path, text, options);
    }
    case "delete":
      return model.remove(operation.path, operation.recursive ?? false);
    case "copy":
      return model.copy(operation.from, operation.to);
    case "move":
      return model.move(operation.from, operation.to);
    case "mkdir":
      return model.mkdir(operation.path);
  }
}

/** A model after these operations, and where one of them was refused. */
function modelAfter(
  newModes: NewModes,
  operations: readonly BatchOperation[],
): { model: Model; refused: { index: number; code: string } | null } {
  const model = new Model(newModes);
  model.mkdir("/a");
  for (const [path, target] of Object.entries(LINKS)) model.symlink(target, path);
  for (const [index, operation] of operations.entries()) {
    try {
      applyTo(model, operation);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { model, refused: { index, code: error.message } };
    }
  }
  return { model, refused: null };
}

/** Everything on disk, as {@linkcode Model.dump} shows it. */
function dump(directory: string, parent = ""): string[] {
  return [...Deno.readDirSync(directory + parent)].flatMap(({ name, isDirectory, isSymlink }) => {
    const path = `${parent}/${name}`;
    const file = directory + path;
    if (path === "/.git") return [];
    if (isSymlink) return [`${path} -> ${Deno.readLinkSync(file)}`];
    const mode = (Deno.lstatSync(file).mode! & 0o7777).toString(8);
    if (isDirectory) return [`${path} ${mode} directory`, ...dump(directory, path)];
    return [`${path} ${mode} ${JSON.stringify(Deno.readTextFileSync(file))}`];
  }).sort();
}

/** What the umask of this process leaves. */
async function newModes(workspace: Workspace): Promise<NewModes> {
  await workspace.writeFile("/made/file", "");
  const [directory, file] = [
    await workspace.stat("/made"),
    await workspace.stat("/made/file"),
  ];
  await workspace.delete("/made", { recursive: true });
  return { directory: directory.mode, file: file.mode };
}

async function failureOf(work: Promise<void>): Promise<AgentFSError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    assert.ok(error instanceof AgentFSError, String(error));
    return error;
  }
}

Deno.test(`a batch does all that a plain model does or nothing, over ${SEEDS * BATCHES} random batches`, async () => {
  let [whole, undone] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    await using project = await makeProject({ files: {} });
    const workspace = await project.afs.workspace.create("w");
    const modes = await newModes(workspace);
    await workspace.mkdir("/a");
    for (const [path, target] of Object.entries(LINKS)) await workspace.symlink(target, path);
    const random = new Random(seed);
    const done: BatchOperation[] = [];
    for (let number = 1; number <= BATCHES; number++) {
      const operations = Array.from({ length: 1 + random.below(8) }, () => randomOperation(random));
      const message = `seed ${seed}, batch ${number}: ${JSON.stringify(operations)}`;
      const { model, refused } = modelAfter(modes, [...done, ...operations]);
      const before = photoOf(workspace.path);
      const failure = await failureOf(workspace.batch(operations));
      assert.equal(failure?.code ?? null, refused?.code ?? null, `${message}\n${failure}`);
      if (refused === null) {
        assert.deepEqual(dump(workspace.path), model.dump(), message);
        done.push(...operations);
        whole++;
        continue;
      }
      const place = `operation ${refused.index - done.length + 1} of ${operations.length} `;
      assert.ok(failure!.message.includes(place), `${message}\n${failure!.message}`);
      assert.deepEqual(photoOf(workspace.path), before, message);
      undone++;
    }
  }
  assert.ok(whole > SEEDS && undone > SEEDS, `${whole} were done, ${undone} undone`);
});
