import * as assert from "node:assert/strict";
import {
  AgentFS,
  type CommitOptions,
  PathError,
  type Snapshot,
  type Workspace,
} from "../../mod.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Editor } from "./edits.ts";
import { Oracle, renamesOf, shown, type Verdict } from "./oracle.ts";
import { differences, type Item, type Photo, photograph } from "./photo.ts";

const SEED = Number(Deno.env.get("AGENTFS_SEED") ?? 20261122);
const SCRIPTS = 300;
/** Every transaction is a pack, and a store with thousands of packs is slow. */
const SCRIPTS_A_BASE = 20;
const LANES = 3;

const FIRST_FILES = {
  ".gitignore": "*.log\nbuild/\n",
  "a": "a\n",
  "b/a": "b/a\n",
  "b/c/keep": "deep\n",
  "c.txt": "c\r\n",
  "build.ts": "build\n",
};

/** Patterns, and which paths they choose. */
const PATTERNS: [pattern: string, chooses: (components: string[]) => boolean][] = [
  ["*.log", (components) => components.some((name) => name.endsWith(".log"))],
  ["/b/**", ([first, ...rest]) => first === "b" && rest.length > 0],
  ["build/", (components) => components.slice(0, -1).includes("build")],
  ["a*", (components) => components.some((name) => name.startsWith("a"))],
  ["/c", ([first]) => first === "c"],
  ["😀", (components) => components.includes("😀")],
];

/** A snapshot, and everything that it must bring back. */
interface Kept {
  readonly snapshot: Snapshot;
  readonly photo: Photo;
  readonly ignored: boolean;
}

/** The files as they are, and what git says of them. */
interface Moment {
  readonly photo: Photo;
  readonly verdict: Verdict;
}

/** One workspace, and what must be true of it. */
class Script {
  readonly #random: Random;
  readonly #editor: Editor;
  readonly #oracle: Oracle;
  readonly #kept: Kept[] = [];
  /** What the last commit holds. */
  #head: Photo;
  #workspace: Workspace;

  constructor(random: Random, workspace: Workspace, scratch: string) {
    this.#random = random;
    this.#workspace = workspace;
    this.#editor = new Editor(random, workspace);
    this.#oracle = new Oracle(workspace.path, scratch);
    this.#head = photograph(workspace.path);
  }

  /** What happened, to be shown when something is wrong. */
  get story(): string {
    return this.#editor.done.join("\n");
  }

  continueIn(workspace: Workspace): void {
    this.#workspace = workspace;
    this.#editor.continueIn(workspace);
    this.#tell("opened again");
  }

  async round(): Promise<void> {
    const now = await this.#edit(1 + this.#random.below(5));
    const what = this.#random.pick(["", "snapshot", "snapshot", "restore", "restore", "commit"]);
    if (what === "snapshot") await this.#snapshot(now);
    if (what === "restore" && this.#kept.length > 0) await this.#restore(now);
    if (what === "commit") await this.#commit(now);
  }

  async #edit(times: number): Promise<Moment> {
    for (let left = times; left > 0; left--) await this.#editor.edit();
    return await this.#status();
  }

  /** Checks the status against git's and against the plain model. */
  async #status(): Promise<Moment> {
    const photo = photograph(this.#workspace.path);
    const verdict = await this.#oracle.ask(photo);
    const { added, modified, deleted, renamed } = await this.#workspace.status();
    const ours = shown([...added, ...modified, ...deleted, ...renamed]);
    assertSame(ours, verdict.changes, "status is not git's");
    assertSame(renamesOf(renamed), verdict.renames, "renames are not git's");
    assertSame(
      ours,
      differences(this.#head, captured(photo, verdict)),
      "status is not the model's",
    );
    return { photo, verdict };
  }

  async #snapshot({ photo, verdict }: Moment): Promise<void> {
    const ignored = this.#random.below(4) === 0;
    const snapshot = await this.#workspace.snapshot.create(undefined, { ignored });
    this.#tell(`snapshot ${this.#kept.length}${ignored ? " with what is ignored" : ""}`);
    this.#kept.push({ snapshot, ignored, photo: ignored ? photo : captured(photo, verdict) });
    assert.deepEqual(snapshot.skipped, []);
    // At once, so that the same second, or even the same millisecond, sees another content.
    await this.#edit(1);
  }

  async #restore(now: Moment): Promise<void> {
    const target = this.#random.pick(this.#kept);
    if (isBlocked(target, now)) {
      await assert.rejects(this.#workspace.snapshot.restore(target.snapshot), PathError);
      assert.deepEqual(photograph(this.#workspace.path), now.photo);
      return this.#tell("a restore was refused");
    }
    const [undo, then] = await this.#bringBack(target, now);
    const next = this.#random.pick(["undo", "undo", "keep", ""]);
    if (next === "undo") await this.#bringBack(undo, then);
    if (next === "keep") this.#kept.push(undo);
  }

  /** Restores a snapshot, checks everything, and returns the undo point and what is then. */
  async #bringBack(target: Kept, now: Moment): Promise<[Kept, Moment]> {
    const { snapshot, photo, ignored } = target;
    this.#tell(`restore ${this.#kept.indexOf(target)}`);
    const { changes, undo } = await this.#workspace.snapshot.restore(snapshot);
    const then = await this.#status();
    assertSame(shown(changes), differences(now.photo, then.photo), "RestoreResult.changes");
    assertHolds(then.photo, photo);
    await this.#assertLeftAlone(target, now, then.photo);
    const undone = ignored ? now.photo : captured(now.photo, now.verdict, photo);
    return [{ snapshot: undo, photo: undone, ignored }, then];
  }

  /** Checks what a restore must not touch, and what it must not leave. */
  async #assertLeftAlone(
    { photo: target, ignored }: Kept,
    { photo: before, verdict }: Moment,
    after: Photo,
  ): Promise<void> {
    // What makes room for a file or a link goes whatever the rules say.
    const makesRoom = (path: string): boolean =>
      [...target].some(([other, { kind }]) => kind !== "directory" && path.startsWith(`${other}/`));
    const others = [...before.keys()].filter((path) => !target.has(path) && !makesRoom(path));
    const ignoredNow = await this.#oracle.wouldIgnore(others);
    // With `ignored`, the undo point has it all.
    const known = ignored ? before : captured(before, verdict);
    const stays = new Set(
      others.filter((path) =>
        !known.has(path) || (ignoredNow.has(path) && !this.#isTracked(path, before.get(path)!))
      ),
    );
    for (const path of others) {
      const [was, is] = [before.get(path), after.get(path)];
      if (stays.has(path)) assert.deepEqual(is, was, `${path} is ignored, and was touched`);
      else if (is !== undefined) {
        const holds = [...stays].some((other) => other.startsWith(`${path}/`));
        assert.ok(is.kind === "directory" && holds, `${path} is still there`);
      }
    }
    const unknown = [...after.keys()].filter((path) => !target.has(path) && !before.has(path));
    assert.deepEqual(unknown, [], "came from nowhere");
  }

  /** Whether the last commit has this file, or something in this directory. */
  #isTracked(path: string, { kind }: Item): boolean {
    return kind === "directory"
      ? [...this.#head.keys()].some((known) => known.startsWith(`${path}/`))
      : this.#head.has(path) && this.#head.get(path)?.kind !== "directory";
  }

  async #commit({ photo, verdict }: Moment): Promise<void> {
    const [options, chooses] = this.#selection();
    const expected = new Map(
      [...verdict.changes].filter(([path]) => chooses(path.slice(1).split("/"))),
    );
    const before = (await git(this.#workspace.path, "rev-parse", "HEAD")).trim();
    const tree = await this.#oracle.treeWith(expected);
    const commit = await this.#workspace.commit("A commit", { ...options, dryRun: false });
    this.#tell(`commit ${JSON.stringify(options)}`);
    assertSame(shown(commit.changes), expected, "CommitResult.changes");
    if (expected.size === verdict.changes.size) {
      assertSame(renamesOf(commit.changes), verdict.renames, "renames in CommitResult.changes");
    }
    assert.equal(commit.created, expected.size > 0);
    assert.equal((await git(this.#workspace.path, "rev-parse", "HEAD")).trim(), commit.oid);
    if (!commit.created) return assert.equal(commit.oid, before);
    assert.equal(commit.tree, tree);
    assert.deepEqual(commit.parents, [before]);
    this.#head = withChanges(this.#head, expected, photo);
    await this.#status();
    if (expected.size < verdict.changes.size) return;
    const left = await git(this.#workspace.path, "status", "--porcelain", "-z");
    assert.equal(left, "", "git status is not clean after the commit of everything");
  }

  #selection(): [options: CommitOptions, chooses: (components: string[]) => boolean] {
    const [included, isIncluded] = this.#random.pick(PATTERNS);
    const [excluded, isExcluded] = this.#random.pick(PATTERNS);
    return this.#random.pick<[CommitOptions, (components: string[]) => boolean]>([
      [{}, () => true],
      [{}, () => true],
      [{ include: [included] }, isIncluded],
      [{ exclude: [excluded] }, (path) => !isExcluded(path)],
      [
        { include: [included], exclude: [excluded] },
        (path) => isIncluded(path) && !isExcluded(path),
      ],
    ]);
  }

  #tell(what: string): void {
    this.#editor.done.push(`=== ${what}`);
  }
}

/** What a snapshot takes: all but what is ignored; before a restore also what that replaces. */
function captured(photo: Photo, { ignored }: Verdict, replaced: Photo = new Map()): Photo {
  const isTaken = (path: string): boolean => !ignored.has(path) || replaced.has(path);
  const files = [...photo].filter(([path, { kind }]) => kind !== "directory" && isTaken(path));
  return new Map(
    [...photo].filter(([path, { kind }]) =>
      kind === "directory"
        ? !ignored.has(path) || files.some(([file]) => file.startsWith(`${path}/`))
        : isTaken(path)
    ),
  );
}

/** Whether ignored files are where the snapshot has a file or a link. */
function isBlocked({ photo: target, ignored }: Kept, { photo, verdict }: Moment): boolean {
  const known = ignored ? photo : captured(photo, verdict);
  return [...target].some(([path, { kind }]) =>
    kind !== "directory" &&
    [...photo.keys()].some((other) => other.startsWith(`${path}/`) && !known.has(other))
  );
}

/** What the last commit holds when these changes are committed. */
function withChanges(head: Photo, changes: Map<string, string>, photo: Photo): Photo {
  const next = new Map<string, Item>(head);
  for (const [path, change] of changes) {
    next.delete(path);
    if (change.startsWith("deleted")) continue;
    for (const other of next.keys()) {
      // No file is above or below another one.
      if (path.startsWith(`${other}/`) || other.startsWith(`${path}/`)) next.delete(other);
    }
    next.set(path, photo.get(path)!);
  }
  return next;
}

function assertSame(ours: Map<string, string>, expected: Map<string, string>, what: string): void {
  const sorted = (map: Map<string, string>): string[][] =>
    [...map].sort(([a], [b]) => a < b ? -1 : 1);
  assert.deepEqual({ [what]: sorted(ours) }, { [what]: sorted(expected) });
}

/** Checks that everything is as it was in `expected`, down to the permission bits. */
function assertHolds(after: Photo, expected: Photo): void {
  const found = new Map([...after].filter(([path]) => expected.has(path)));
  assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
}

/** Runs the scripts from `first` on, each in a workspace of its own of one base. */
async function runScripts(first: number): Promise<void> {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await makeRepository(base, FIRST_FILES);
  await using opened = new AsyncDisposableStack();
  let afs = opened.use(new AgentFS(base));
  for (let seed = first; seed < first + SCRIPTS_A_BASE; seed++) {
    const random = new Random(seed);
    const scratch = `${directory.path}/${seed}`;
    const script = new Script(random, await afs.workspace.create(`script-${seed}`), scratch);
    try {
      for (let rounds = 2 + random.below(2); rounds > 0; rounds--) {
        await script.round();
        if (random.below(6) > 0) continue;
        await afs.close();
        afs = opened.use(new AgentFS(base));
        script.continueIn(await afs.workspace.get(`script-${seed}`));
      }
    } catch (error) {
      throw new Error(`AGENTFS_SEED=${seed} fails:\n${script.story}`, { cause: error });
    }
  }
  // A .gitignore that is a link is a script's own doing.
  const fsck = ["-c", "fsck.gitignoreSymlink=ignore", "fsck", "--strict", "--no-dangling"];
  const { code, stdout, stderr } = await tryGit(base, fsck);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
}

Deno.test(`status, restore and commit agree with git and a model over ${SCRIPTS} random edit scripts`, async () => {
  const firsts = Array.from(
    { length: SCRIPTS / SCRIPTS_A_BASE },
    (_, at) => SEED + at * SCRIPTS_A_BASE,
  );
  const lane = async (): Promise<void> => {
    for (let first; (first = firsts.shift()) !== undefined;) await runScripts(first);
  };
  // Side by side, since most of the time goes into waiting for git and for the disk.
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const result of lanes) if (result.status === "rejected") throw result.reason;
});
