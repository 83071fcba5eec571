import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FileEffect } from "../../src/changes.ts";
import { AgentFSError } from "../../src/errors.ts";
import { copy } from "../../src/files/copy.ts";
import { mkdir } from "../../src/files/directory.ts";
import { readLink, symlink } from "../../src/files/links.ts";
import { listDir } from "../../src/files/list.ts";
import { chmod } from "../../src/files/mode.ts";
import { move } from "../../src/files/move.ts";
import { remove } from "../../src/files/remove.ts";
import { exists } from "../../src/files/stat.ts";
import { openStream } from "../../src/files/stream.ts";
import { writeFile } from "../../src/files/write.ts";
import { Random } from "../random.ts";
import { Model, type NewModes, Refusal } from "./model.ts";
import { readFile, type Workshop, workshop } from "./workshop.ts";

const NAMES = ["a", "b", "c", "d"];
const TARGETS = ["a", "b/c", "../a", "c/", ".", "..", "../../b", "/a", "gone/x", "d/../b", "c/d"];

/** One call, done to the disk and to the model. */
interface Step {
  shown: string;
  onDisk: (shop: Workshop) => Promise<unknown>;
  inMemory: (model: Model) => unknown;
}

function randomPath(random: Random): string {
  const length = 1 + random.below(3);
  const names = Array.from({ length }, () => random.below(15) === 0 ? ".." : random.pick(NAMES));
  return `/${names.join("/")}${random.below(15) === 0 ? "/" : ""}`;
}

function randomStep(random: Random): Step {
  const path = randomPath(random);
  const other = randomPath(random);
  const text = `${random.below(1000)}`;
  const mode = random.pick([0o600, 0o644, 0o755, 0o4711]);
  const target = random.pick(TARGETS);
  const yes = random.below(2) === 0;
  const steps: (() => Omit<Step, "shown">)[] = [
    () => ({
      onDisk: (shop) => writeFile(shop, path, text),
      inMemory: (model) => model.write(path, text, {}),
    }),
    () => ({
      onDisk: (shop) => writeFile(shop, path, text, { append: true, mode }),
      inMemory: (model) => model.write(path, text, { append: true, mode }),
    }),
    () => ({
      onDisk: (shop) => writeFile(shop, path, text, { createNew: true }),
      inMemory: (model) => model.write(path, text, { createNew: true }),
    }),
    () => ({
      onDisk: async (shop) => {
        let told: FileEffect | null = null;
        const stream = await openStream(shop, path, yes ? "a" : "w", (effect) => {
          told = effect;
          return Promise.resolve();
        });
        await stream.write(text);
        await stream.close();
        return told;
      },
      inMemory: (model) => model.write(path, text, { append: yes }),
    }),
    () => ({ onDisk: (shop) => mkdir(shop, path), inMemory: (model) => model.mkdir(path) }),
    () => ({
      onDisk: (shop) => symlink(shop, target, path),
      inMemory: (model) => model.symlink(target, path),
    }),
    () => ({
      onDisk: (shop) => chmod(shop, path, mode | 0o700),
      inMemory: (model) => model.chmod(path, mode | 0o700),
    }),
    () => ({
      onDisk: (shop) => remove(shop, path, { recursive: yes }),
      inMemory: (model) => model.remove(path, yes),
    }),
    () => ({
      onDisk: (shop) => move(shop, path, other),
      inMemory: (model) => model.move(path, other),
    }),
    () => ({
      onDisk: (shop) => copy(shop, path, other),
      inMemory: (model) => model.copy(path, other),
    }),
    () => ({ onDisk: (shop) => readFile(shop, path), inMemory: (model) => model.read(path) }),
    () => ({ onDisk: (shop) => exists(shop, path), inMemory: (model) => model.exists(path) }),
    () => ({ onDisk: (shop) => readLink(shop, path), inMemory: (model) => model.readLink(path) }),
    () => ({
      onDisk: async (shop) => (await listDir(shop, path)).map(({ name }) => name),
      inMemory: (model) => model.list(path),
    }),
  ];
  const step = random.pick(steps)();
  const shown = `${step.inMemory} path ${path} other ${other} target ${target} yes ${yes}`;
  return { shown: shown.replace(/\s+/g, " "), ...step };
}

/** What a call gives, or the code of what it throws. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.message };
    if (error instanceof AgentFSError) return { code: error.code };
    throw error;
  }
}

/** Everything on disk, as {@linkcode Model.dump} shows it. */
function dump(directory: string, path = ""): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory, isSymlink }) => {
    const [file, shown] = [`${directory}/${name}`, `${path}/${name}`];
    if (shown === "/.git") return [];
    if (isSymlink) return [`${shown} -> ${Deno.readLinkSync(file)}`];
    const mode = (Deno.lstatSync(file).mode! & 0o7777).toString(8);
    if (isDirectory) return [`${shown} ${mode} directory`, ...dump(file, shown)];
    return [`${shown} ${mode} ${JSON.stringify(Deno.readTextFileSync(file))}`];
  }).sort();
}

/** The sizes and ids of all files and links, by their paths; told by nobody but the disk. */
type Contents = ReadonlyMap<string, { size: number; oid: string }>;

function contents(directory: string, path = "", found = new Map()): Contents {
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(directory)) {
    const [file, shown] = [`${directory}/${name}`, `${path}/${name}`];
    if (isDirectory) {
      contents(file, shown, found);
      continue;
    }
    const text = isSymlink ? Deno.readLinkSync(file) : Deno.readTextFileSync(file);
    const hash = createHash("sha1").update(`blob ${text.length}\0${text}`);
    found.set(shown, { size: text.length, oid: hash.digest("hex") });
  }
  return found;
}

/** The effect that a call has told; `null` where it was none that changes anything, or failed. */
function effectIn(done: unknown): FileEffect | null {
  const { value } = done as { value?: unknown };
  const isEffect = typeof value === "object" && value !== null && "oidBefore" in value;
  return isEffect ? value as FileEffect : null;
}

/** What is told must be what the disk says, and nothing else may have changed. */
function checkEffect(
  effect: FileEffect | null,
  before: Contents,
  after: Contents,
  message: string,
): void {
  const told = [effect?.path, effect?.from].filter((path) => path !== undefined);
  const isTold = (path: string) => told.some((top) => `${path}/`.startsWith(`${top}/`));
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(path)?.oid !== after.get(path)?.oid) assert.ok(isTold(path), message);
  }
  if (effect === null) return;
  const { path, from, sizeBefore, sizeAfter, oidBefore, oidAfter, entries } = effect;
  const none = { size: null, oid: null };
  const given = { before: [sizeBefore, oidBefore], after: [sizeAfter, oidAfter] };
  const [was, is] = [before.get(path) ?? none, after.get(path) ?? none];
  assert.deepEqual(given, { before: [was.size, was.oid], after: [is.size, is.oid] }, message);
  if (from !== undefined) assert.equal(oidAfter, before.get(from)?.oid ?? null, message);
  if (entries !== undefined) {
    const below = [...before.keys()].filter((other) => other.startsWith(`${from ?? path}/`));
    assert.equal(entries, below.length, message);
  }
}

/** What the umask of this process leaves; it is not asked, since to ask is to change it for a moment. */
function newModes(shop: Workshop): NewModes {
  const path = shop.temporary();
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "");
  const [directory, file] = [path, `${path}/file`].map((made) => Deno.statSync(made).mode! & 0o777);
  Deno.removeSync(path, { recursive: true });
  return { directory: directory!, file: file! };
}

Deno.test("the file methods do what a plain model does, over 2,000 random calls", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    await using shop = await workshop();
    const outside = shop.outsideNow();
    const random = new Random(seed);
    const model = new Model(newModes(shop));
    for (let i = 0; i < 100; i++) {
      const { shown, onDisk, inMemory } = randomStep(random);
      const message = `seed ${seed}, call ${i}: ${shown}`;
      const before = dump(shop.root).join("\n");
      const contentsBefore = contents(shop.root);
      const done = await outcome(() => onDisk(shop));
      const effect = effectIn(done);
      assert.deepEqual(
        effect === null ? done : { value: undefined },
        await outcome(() => inMemory(model)),
        message,
      );
      checkEffect(effect, contentsBefore, contents(shop.root), message);
      assert.deepEqual(dump(shop.root), model.dump(), `${message}\n${before}`);
    }
    assert.deepEqual(shop.leftovers(), []);
    assert.deepEqual(shop.outsideNow(), outside);
  }
});
