/**
 * Takes over what was committed inside: the commits of the workspace's branch, or of where HEAD is, become
 * the host's, verified object by object. Nothing else of the private repository reaches the host.
 *
 * @module
 */

import type { Mount, Sandbox } from "../exec/sandbox.ts";
import { readShallow } from "../git/history_walk.ts";
import { type CommitObject, readCommit } from "../git/commit.ts";
import type { ObjectWriter } from "../git/store.ts";
import { writeAtomic } from "../platform/atomic.ts";
import { tryAcquireLock } from "../platform/lock.ts";
import { errorCode, readTextFile } from "../platform/fs.ts";
import { refNames } from "../registry/layout.ts";
import {
  type HostFacts,
  type InsideNote,
  readInsideNote,
  writeInsideNote,
} from "../worktree/inside_note.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { askInside, type Heads } from "./ask_inside.ts";
import { requireConnected } from "./connected.ts";
import type { PrivateRepository } from "./private_repository.ts";
import { receive } from "./received.ts";
import { Refused } from "./refused.ts";
import { stamp } from "./stamp.ts";

/** What takes part. */
export interface TakeOver {
  readonly worktree: Worktree;
  readonly repository: PrivateRepository;
  readonly sandbox: Sandbox;
  /** What git inside sees, the private repository read-only. */
  readonly mounts: readonly Mount[];
  /** Whether it is known that no command runs; else that is found out. */
  readonly alone: boolean;
  /** How long git may take, in ms. */
  readonly limit?: number | undefined;
}

/** Other processes can have the same workspace open, and be at it. */
const ATTEMPTS = 10;

/**
 * Takes over what is new since the note was written, and writes the note. A command may run meanwhile.
 *
 * @throws {Refused} where the host takes nothing; what was made inside stays there.
 * @throws {Postponed} where `limit` is over first.
 */
export async function takeOver(parts: TakeOver): Promise<void> {
  const { worktree, repository } = parts;
  const { base, name } = worktree;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const note = readInsideNote(base, name);
    const marks = repository.marks();
    if (note === null || marks === note.marks) return;
    try {
      if (await attemptOn(parts, note, marks)) return;
    } catch (error) {
      // What was refused is not asked for again, until it has changed.
      if (error instanceof Refused) await remember(worktree, note, { ...note, marks });
      throw error;
    }
  }
  throw new Refused("other commands kept committing meanwhile");
}

/** Whether nobody else has brought both together meanwhile, so that this has done it. */
async function attemptOn(parts: TakeOver, note: InsideNote, marks: string): Promise<boolean> {
  const { worktree, repository, sandbox, mounts, limit } = parts;
  const { base, name, gitDirectory } = worktree;
  const branch = refNames.branch(name);
  if (!repository.isSound()) throw new Refused("the repository inside was damaged");
  const known = knownCommits(worktree, note);
  using writer = base.objects.writer();
  const knownRefs = base.layout.insideRefs(name);
  const heads = await askInside(
    { sandbox, mounts, gitDirectory, branch, known, knownRefs, limit },
    async (heads, objects) => {
      const tips = [heads.branch, heads.head].filter((oid) => oid !== null);
      await requireConnected(await receive(objects, writer), tips, {
        store: base.objects,
        tips: [...known, ...ownersCommits(knownRefs)],
        shallow: readShallow(base.layout.commonDirectory),
      });
      return heads;
    },
  );
  await writer.finish();
  using _ = await worktree.holdWriter("taking over commits made inside");
  if (!isSameNote(readInsideNote(base, name), note)) return false;
  const moved = await bringOver(parts, { heads, note, writer });
  const elsewhere = heads.ref === branch ? null : { ref: heads.ref, oid: heads.head };
  writeInsideNote(base, name, { ...note, host: { ...note.host, ...moved }, marks, elsewhere });
  return true;
}

function knownCommits(worktree: Worktree, note: InsideNote): string[] {
  const { base, name } = worktree;
  const branch = base.refs.read(refNames.branch(name));
  const head = worktree.hasHead() ? worktree.head().oid : null;
  const commits = [branch, head, note.elsewhere?.oid ?? null].filter((oid) => oid !== null);
  return [...new Set(commits)].filter((oid) => base.objects.has(oid));
}

function ownersCommits(knownRefs: string): string[] {
  return (readTextFile(knownRefs) ?? "").match(/^[0-9a-f]{40}/gm) ?? [];
}

/**
 * Makes the host's branch, HEAD and index what they are inside, and says what they are now. The caller
 * holds the workspace.
 */
async function bringOver(
  { worktree, alone }: TakeOver,
  { heads, note, writer }: { heads: Heads; note: InsideNote; writer: ObjectWriter },
): Promise<Partial<HostFacts>> {
  const { base, name, gitDirectory } = worktree;
  const ref = refNames.branch(name);
  const from = base.refs.read(ref);
  const to = heads.branch ?? from;
  if (from !== to && from !== note.host.branch) {
    throw new Refused(`${ref} was moved on the host meanwhile`);
  }
  const head = headText(heads, ref) ?? note.host.head;
  // Where the owner has moved HEAD as well, theirs is brought inside next time.
  const movesHead = head !== note.host.head &&
    readTextFile(`${gitDirectory}/HEAD`) === note.host.head;
  // A branch that is gone inside, and not here, is made again there.
  const branch = heads.branch;
  if (from === to && !movesHead) return { branch };
  const commit = heads.ref === ref ? to : heads.head;
  // Read before anything is begun: that can fail.
  const moved = from === to || to === null ? null : readCommit(base.objects, to);
  if (commit !== null) base.journal.begin({ operation: "commit", workspace: name, commit });
  if (moved !== null) base.refs.update(ref, moved.oid, from);
  if (movesHead) {
    const temporary = base.session.storeTemporary();
    const bytes = new TextEncoder().encode(head);
    writeAtomic(`${gitDirectory}/HEAD`, bytes, { temporary, durable: true });
  }
  writer.release();
  if (moved !== null) log(worktree, from, moved);
  try {
    await writeIndex(worktree, alone);
    base.journal.end(name);
  } catch (error) {
    // The commits are here. The next call finds in the journal what is left to do.
    if (errorCode(error) === null) throw error;
  }
  return { branch, index: stamp(`${gitDirectory}/index`), ...(movesHead && { head }) };
}

/** What HEAD is on the host: on the workspace's branch, or at a commit; `null` where there is none yet. */
function headText({ ref, head }: Heads, branch: string): string | null {
  if (ref === branch) return `ref: ${branch}\n`;
  return head === null ? null : `${head}\n`;
}

/** Notes in the reflog what git would, in words of ours. */
function log(
  { base, name }: Worktree,
  from: string | null,
  { oid, committer, message }: CommitObject,
): void {
  const subject = message.trim().split("\n", 1)[0]?.replace(/\p{Cc}/gu, " ");
  const entry = `commit (inside): ${subject}`;
  base.refs.appendReflog(refNames.branch(name), from, oid, committer, entry);
}

/** With the times of the files, where no command can change them while they are looked at. */
async function writeIndex(worktree: Worktree, alone: boolean): Promise<void> {
  const { base, name } = worktree;
  using lock = alone ? null : tryAcquireLock(base.layout.insideLock(name), "looking at the files");
  if (!alone && lock === null) await worktree.writeIndexUnseen(worktree.headTree());
  else await worktree.writeIndex(worktree.headTree(), (await worktree.look()).root);
}

async function remember(worktree: Worktree, before: InsideNote, note: InsideNote): Promise<void> {
  const { base, name } = worktree;
  using _ = await worktree.holdWriter("noting what was made inside");
  if (isSameNote(readInsideNote(base, name), before)) writeInsideNote(base, name, note);
}

function isSameNote(a: InsideNote | null, b: InsideNote): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
