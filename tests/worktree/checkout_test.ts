import * as assert from "node:assert/strict";
import { PathError, StoreError } from "../../src/errors.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { MODE, serializeTree } from "../../src/git/tree.ts";
import { Checkout, type CheckoutOptions } from "../../src/worktree/checkout.ts";
import { IgnoreRules } from "../../src/worktree/ignore.ts";
import { collectPermissions } from "../../src/worktree/permissions.ts";
import { saveState } from "../../src/worktree/save.ts";
import {
  type DirectoryNode,
  emptyState,
  emptyTree,
  stateTree,
  storedTree,
  type TreeView,
} from "../../src/worktree/state.ts";
import { openStore } from "../git/corpus.ts";
import { makeRepository, tryGit } from "../git.ts";
import { photograph } from "../property/photo.ts";
import { type TemporaryDirectory, temporaryDirectory, writeFiles } from "../temporary.ts";
import { fileClock, listed, look, stateOf } from "./look.ts";

/** A directory of files, beside a store. */
class Ground implements Disposable {
  readonly files: string;
  readonly repository: string;
  readonly store: ObjectStore;

  constructor(path: string) {
    this.files = `${path}/files`;
    this.repository = `${path}/repository`;
    this.store = openStore(this.repository);
  }

  static async make({ path }: TemporaryDirectory): Promise<Ground> {
    await makeRepository(`${path}/repository`, {});
    await Deno.mkdir(`${path}/files`);
    return new Ground(path);
  }

  at(path: string): string {
    return this.files + path;
  }

  async state(rules = IgnoreRules.none): Promise<DirectoryNode> {
    return (await look(this.files, { rules })).root;
  }

  /** Puts the files as they are into the store. */
  async keep(): Promise<{ tree: TreeView; state: DirectoryNode }> {
    const state = await this.state();
    using writer = this.store.writer();
    const directory = this.files;
    const oid = await saveState(state, { directory, flavour: "all", held: [], writer });
    await writer.finish();
    return { tree: storedTree(this.store, oid), state };
  }

  /** A checkout of `target` over the files as they are. */
  async checkout(target: TreeView, options: Partial<CheckoutOptions> = {}): Promise<Checkout> {
    return new Checkout({
      directory: this.files,
      current: await this.state(options.rules),
      target,
      head: emptyTree,
      permissions: null,
      rules: IgnoreRules.none,
      store: this.store,
      clock: fileClock(this.files),
      temporary: () => `${this.repository}/${crypto.randomUUID()}`,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}

/** Makes another thing of everything. */
function scramble(files: string): void {
  for (const { name } of [...Deno.readDirSync(files)]) {
    Deno.removeSync(`${files}/${name}`, { recursive: true });
  }
  Deno.mkdirSync(`${files}/a`);
  Deno.writeTextFileSync(`${files}/a/was a file`, "");
  Deno.symlinkSync("gone", `${files}/d`);
  Deno.writeTextFileSync(`${files}/link`, "was a link");
  Deno.mkdirSync(`${files}/new/empty`, { recursive: true });
  Deno.chmodSync(`${files}/new`, 0o500);
}

Deno.test("Checkout brings back contents, links, empty directories and every permission bit", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "a": "a", "d/b": "b", "d/e/c": "c", "x": "", "odd\n😀": "" });
  await Deno.writeFile(ground.at("/big"), new Uint8Array(2 * 1024 * 1024 + 3).fill(5));
  await Deno.symlink("../out of here", ground.at("/link"));
  await Deno.symlink("\ufeffBOM", ground.at("/d/link"));
  await Deno.mkdir(ground.at("/empty/below"), { recursive: true });
  const modes = { "/a": 0o600, "/x": 0o4711, "/d/e": 0o555, "/d/b": 0, "/empty": 0o1777 };
  for (const [path, mode] of Object.entries(modes)) await Deno.chmod(ground.at(path), mode);
  const photo = photograph(ground.files);
  const { tree, state } = await ground.keep();
  scramble(ground.files);
  const permissions = collectPermissions(state);
  const checkout = await ground.checkout(tree, { permissions });
  await checkout.check();
  const restored = await checkout.run();
  assert.deepEqual(new Map([...photograph(ground.files)].sort()), new Map([...photo].sort()));
  assert.equal(restored.tree, state.tree);
  // The state that it returns is the one that a look finds.
  const next = await look(ground.files, { previous: restored });
  assert.equal(next.root.tree, state.tree);
  assert.deepEqual(collectPermissions(next.root), permissions);
});

Deno.test("Checkout gives new files what the umask says when it is told no permissions", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "a": "a", "d/x": "" });
  await Deno.chmod(ground.at("/d/x"), 0o755);
  const { tree } = await ground.keep();
  await Deno.remove(ground.at("/d"), { recursive: true });
  await Deno.chmod(ground.at("/a"), 0o600);
  await (await ground.checkout(tree)).run();
  const bits = (path: string): number => Deno.lstatSync(ground.at(path)).mode! & 0o777;
  assert.deepEqual([bits("/a"), bits("/d/x"), bits("/d")], [0o600, 0o755, 0o755]);
  await Deno.chmod(ground.at("/d/x"), 0o640);
  await (await ground.checkout(tree)).run();
  // Executable by those who may read it.
  assert.equal(bits("/d/x"), 0o750);
});

Deno.test("Checkout touches nothing that is as it should be", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "a": "a", "d/b": "b" });
  const { tree, state } = await ground.keep();
  await Deno.writeTextFile(ground.at("/a"), "changed");
  const [before, folder] = [Deno.lstatSync(ground.at("/d/b")), Deno.lstatSync(ground.at("/d"))];
  await (await ground.checkout(tree, { permissions: collectPermissions(state) })).run();
  assert.equal(await Deno.readTextFile(ground.at("/a")), "a");
  assert.deepEqual(Deno.lstatSync(ground.at("/d/b")), before);
  assert.deepEqual(Deno.lstatSync(ground.at("/d")), folder);
});

Deno.test("Checkout never writes through a hard link or a link", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "a": "a", "b": "b", "d/c": "c" });
  const { tree, state } = await ground.keep();
  await writeFiles(directory.path, { "outside/c": "outside", "other": "other" });
  await Deno.remove(ground.at("/a"));
  await Deno.link(`${directory.path}/other`, ground.at("/a"));
  await Deno.link(ground.at("/b"), `${directory.path}/b too`);
  await Deno.chmod(ground.at("/b"), 0o755);
  await Deno.remove(ground.at("/d"), { recursive: true });
  await Deno.symlink(`${directory.path}/outside`, ground.at("/d"));
  const checkout = await ground.checkout(tree, { permissions: collectPermissions(state) });
  await checkout.check();
  await checkout.run();
  assert.equal((await ground.state()).tree, state.tree);
  assert.equal(await Deno.readTextFile(`${directory.path}/other`), "other");
  assert.equal(await Deno.readTextFile(`${directory.path}/outside/c`), "outside");
  assert.equal(Deno.lstatSync(`${directory.path}/b too`).mode! & 0o777, 0o755);
  assert.equal(Deno.lstatSync(ground.at("/b")).mode! & 0o777, 0o644);
});

Deno.test("Checkout.check() is not misled by what a link leads to", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "d/x": "a file", "e/x/y": "in a directory" });
  const { tree, state } = await ground.keep();
  await Deno.remove(ground.at("/d"), { recursive: true });
  await Deno.symlink("e", ground.at("/d"));
  const checkout = await ground.checkout(tree);
  await checkout.check();
  await checkout.run();
  assert.equal((await ground.state()).tree, state.tree);
});

Deno.test("Checkout leaves alone what the target's rules ignore, and returns it with the state", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, {
    ".gitignore": "*.log\nbuild/\n",
    "d/a": "",
    "build/tracked": "",
  });
  const { tree } = await ground.keep();
  await Deno.remove(ground.at("/.gitignore"));
  await writeFiles(ground.files, {
    "x.log": "",
    "d/y.log": "",
    "d/gone": "",
    "build/out": "",
    "other/build/z": "",
    "other/gone": "",
  });
  await Deno.chmod(ground.at("/other"), 0o500);
  const restored = await (await ground.checkout(tree)).run();
  assert.equal(Deno.lstatSync(ground.at("/other")).mode! & 0o777, 0o500);
  const expected = [
    "/.gitignore 100644",
    "/build/",
    "/build/out 100644",
    "/build/tracked 100644",
    "/d/",
    "/d/a 100644",
    "/d/y.log 100644",
    "/other/",
    "/other/build/",
    "/other/build/z 100644",
    "/x.log 100644",
  ];
  assert.deepEqual(listed((await look(ground.files, { ignored: true })).root), expected);
  assert.deepEqual(listed(restored), expected);
});

Deno.test("Checkout removes an ignored path that is tracked", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { ".gitignore": "*.log\nbuild/\n" });
  const { tree } = await ground.keep();
  await writeFiles(ground.files, { "a.log": "", "b.log": "", "build/a": "", "build/b": "" });
  const tracked = new Set(["a.log", "build", "build/a"]);
  const blob = { oid: "1".repeat(40) };
  const head = stateTree(stateOf({ "a.log": blob, "build": { "a": blob } }), "files");
  const { root } = await look(ground.files, {
    tracked: (path) => Promise.resolve(tracked.has(path.replace(/\/$/, ""))),
  });
  await (await ground.checkout(tree, { current: root, head })).run();
  assert.deepEqual(listed((await look(ground.files, { ignored: true })).root), [
    "/.gitignore 100644",
    "/b.log 100644",
    "/build/",
    "/build/b 100644",
  ]);
});

Deno.test("Checkout.check() refuses when ignored files are where a file must go, and changes nothing", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "a": "", "d/b": "" });
  const { tree } = await ground.keep();
  await Deno.remove(ground.at("/d/b"));
  await writeFiles(ground.files, { "a": "changed", "d/b/deep/precious.log": "", "d/b/known": "" });
  const before = photograph(ground.files);
  const rules = IgnoreRules.none.withGitignore("*.log\n");
  const checkout = await ground.checkout(tree, { rules });
  await assert.rejects(checkout.check(), (error) => {
    assert.ok(error instanceof PathError);
    assert.equal(error.path, "/d/b");
    assert.match(error.message, /^Cannot restore \/d\/b: a directory with ignored files is there;/);
    return true;
  });
  assert.deepEqual(photograph(ground.files), before);
  await Deno.remove(ground.at("/d/b/deep/precious.log"));
  const cleared = await ground.checkout(tree, { rules });
  await cleared.check();
  await cleared.run();
  assert.deepEqual(listed(await ground.state()), ["/a 100644", "/d/", "/d/b 100644"]);
});

Deno.test("Checkout.check() tells of a missing object and of a tree that nobody may check out", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  const hash = async (stdin: string | Uint8Array): Promise<string> =>
    (await tryGit(ground.repository, ["hash-object", "-w", "--stdin"], { stdin })).stdout.trim();
  const holding = (name: string, mode: number, oid: string, view: TreeView | null): TreeView => ({
    oid: crypto.randomUUID(),
    entries: () => new Map([[name, { mode, oid, view }]]),
  });
  const refuses = async (
    entry: { name: string; mode?: number; oid: string },
    error: { kind: typeof StoreError | typeof PathError; message: RegExp },
  ): Promise<void> => {
    const inner = holding(entry.name, entry.mode ?? MODE.file, entry.oid, null);
    const checkout = await ground.checkout(holding("d", MODE.directory, inner.oid, inner));
    await assert.rejects(checkout.check(), (thrown) => {
      assert.ok(thrown instanceof error.kind);
      assert.match(thrown.message, error.message);
      return true;
    });
  };
  const oid = await hash("x");
  for (const name of ["..", ".", "", ".git", ".GIT", "git~1", "a/b", "a\\.git"]) {
    await refuses({ name, oid }, { kind: StoreError, message: /malformed/ });
  }
  const gone = "0123456789".repeat(4);
  const message = new RegExp(`^Cannot restore /d/a: its object ${gone} is missing from the store;`);
  await refuses({ name: "a", oid: gone }, { kind: StoreError, message });
  const target = await hash(Uint8Array.of(0x61, 0xff));
  await refuses(
    { name: "link", mode: MODE.symlink, oid: target },
    { kind: PathError, message: /^Cannot restore the link \/d\/link: its target is not UTF-8/ },
  );
  assert.deepEqual([...Deno.readDirSync(ground.files)], []);
});

Deno.test("Checkout makes the directory of a submodule, and leaves one with files in it", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  const entries = [{ name: "m", mode: MODE.submodule, oid: "1".repeat(40) }];
  using writer = ground.store.writer();
  const oid = writer.write("tree", serializeTree(entries));
  await writer.finish();
  const tree = storedTree(ground.store, oid);
  const checkout = await ground.checkout(tree);
  await checkout.check();
  const state = await checkout.run();
  assert.equal(state.tree, oid);
  assert.deepEqual([...Deno.readDirSync(ground.at("/m"))], []);
  await (await ground.checkout(emptyTree, { current: state })).run();
  assert.deepEqual([...Deno.readDirSync(ground.files)], []);
  await writeFiles(ground.files, { "m/file": "" });
  await (await ground.checkout(tree, { current: emptyState })).run();
  await (await ground.checkout(emptyTree, { current: state })).run();
  assert.equal(await Deno.readTextFile(ground.at("/m/file")), "");
});

Deno.test("Checkout.run() fails rather than delete what nobody knew of", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  await writeFiles(ground.files, { "d/b": "b" });
  const { tree } = await ground.keep();
  await Deno.remove(ground.at("/d"), { recursive: true });
  const checkout = await ground.checkout(tree);
  await writeFiles(ground.files, { "d/b/c": "written meanwhile" });
  await assert.rejects(checkout.run(), Error);
  assert.equal(await Deno.readTextFile(ground.at("/d/b/c")), "written meanwhile");
});

Deno.test("Checkout copies what the source has, and remembers it for the next one", async () => {
  await using directory = await temporaryDirectory();
  using ground = await Ground.make(directory);
  const files = { "a": "a", "b": "b" };
  await writeFiles(ground.files, files);
  const { tree, state } = await ground.keep();
  assert.equal(tree.entries().size, 2);
  // Neither can be had from the store from here on.
  await Deno.remove(`${ground.repository}/.git/objects/pack`, { recursive: true });
  ground.store.refresh();
  const source = { directory: ground.files, root: state };
  const make = async (name: string, options: Partial<CheckoutOptions>): Promise<string[]> => {
    const copy = `${directory.path}/${name}`;
    await Deno.mkdir(copy);
    const checkout = await ground.checkout(tree, {
      directory: copy,
      current: emptyState,
      ...options,
    });
    await checkout.run();
    return Object.keys(files).map((file) => Deno.readTextFileSync(`${copy}/${file}`));
  };
  await Deno.writeTextFile(ground.at("/b"), "c");
  await assert.rejects(make("changed", { source }), StoreError);
  await Deno.writeTextFile(ground.at("/b"), "b");
  assert.deepEqual(await make("copied", { source }), ["a", "b"]);
  assert.deepEqual(await make("remembered", {}), ["a", "b"]);
  // What is in memory alone is not taken for stored.
  const checked = await ground.checkout(tree, { current: emptyState });
  await assert.rejects(checked.check(), StoreError);
});
