/**
 * Asks the private repository what there is in it. Only git knows, and only a sandbox may run git there,
 * since its configuration is an agent's; so the answer is a stream of bytes, from a process that can do
 * nothing but write it.
 *
 * @module
 */

import { grantsOf } from "../exec/permissions.ts";
import type { Mount, Sandbox } from "../exec/sandbox.ts";
import { isOid } from "../git/object.ts";
import { isRefName } from "../git/refs.ts";
import type { ProcessTree } from "../platform/process.ts";
import { ByteReader } from "./byte_reader.ts";
import { Postponed, Refused } from "./refused.ts";

/** What is asked about. */
export interface Question {
  readonly sandbox: Sandbox;
  readonly mounts: readonly Mount[];
  /** Where the sandbox sees the private repository. */
  readonly gitDirectory: string;
  /** The workspace's branch. */
  readonly branch: string;
  /** Commits that the host has. */
  readonly known: readonly string[];
  /** A file of further ones: the lines of a `packed-refs` file. */
  readonly knownRefs: string;
  /** How long git may take, in ms, before it is asked another time. */
  readonly limit?: number | undefined;
}

/** Where HEAD and the workspace's branch are inside. */
export interface Heads {
  /** The branch that HEAD is on; `null` where it is detached. */
  readonly ref: string | null;
  /** The commit that HEAD resolves to, and the branch's; `null` where there is none. */
  readonly head: string | null;
  readonly branch: string | null;
}

const DEADLINE_MS = 60_000;
/** How long git may say nothing: a FIFO among its files would keep it waiting for ever. */
const SILENCE_MS = 5_000;
const NO_GIT = 127;
const MAX_LINE = 4096;

const SCRIPT = `
command -v git >/dev/null || exit ${NO_GIT}
known=$1 branch=$2; shift 2
ref=$(git symbolic-ref -q HEAD)
head=$(git rev-parse -q --verify HEAD)
branch=$(git rev-parse -q --verify "$branch")
printf '%s\\n' "$ref" "$head" "$branch"
{
  for tip in $head $branch; do echo "$tip"; done
  for tip in "$@"; do echo "^$tip"; done
  sed -n 's/^\\([0-9a-f]\\{40\\}\\) .*/^\\1/p' "$known"
} | git rev-list --objects --no-object-names --ignore-missing --stdin | git cat-file --batch --buffer
`;

/** Nothing of the agent's replaces an object or cuts the history short. */
const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_GRAFT_FILE: "/dev/null",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_WORK_TREE: "/",
};

/**
 * Gives `listen` the answer: where the heads are, then as `git cat-file --batch` writes them all objects
 * that they lead to and that the host does not have.
 *
 * @throws {Refused} where there is no answer, or none in time.
 * @throws {Postponed} where `limit` is over first.
 */
export async function askInside<T>(
  question: Question,
  listen: (heads: Heads, objects: ByteReader) => Promise<T>,
): Promise<T> {
  const { sandbox, mounts, gitDirectory, branch, known, knownRefs, limit } = question;
  const tree = sandbox.start({
    argv: ["/bin/sh", "-c", SCRIPT, "sh", knownRefs, branch, ...known],
    environment: { ...ENVIRONMENT, GIT_DIR: gitDirectory },
    directory: "/",
    stdin: "null",
    output: "piped",
    mounts,
    secrets: [],
    guarded: [],
    grants: grantsOf({ read: false, write: false }),
    limits: {},
  });
  using watch = new Watch(tree, limit);
  const complaints = drain(tree.stderr);
  try {
    await using reader = new ByteReader(watch.over(tree.stdout ?? new ReadableStream()));
    const heads = await readHeads(reader);
    if (heads === null) {
      await reader[Symbol.asyncDispose]();
      const { code } = await tree.status;
      throw new Refused(
        code === NO_GIT
          ? "there is no git in the sandbox"
          : "git cannot read the repository inside, whose configuration or files were changed",
      );
    }
    return await listen(heads, reader);
  } catch (error) {
    await tree.signal("SIGKILL");
    throw watch.failure ?? error;
  } finally {
    await Promise.all([tree.status, complaints]);
  }
}

async function readHeads(reader: ByteReader): Promise<Heads | null> {
  const [ref, head, branch] = [
    await reader.line(MAX_LINE),
    await reader.line(MAX_LINE),
    await reader.line(MAX_LINE),
  ];
  const isWell = ref !== null && head !== null && branch !== null &&
    (ref === "" || isRefName(ref)) && [head, branch].every((oid) => oid === "" || isOid(oid));
  if (!isWell || (ref === "" && head === "")) return null;
  return { ref: ref || null, head: head || null, branch: branch || null };
}

async function drain(stream: ReadableStream<Uint8Array> | null): Promise<void> {
  for await (const _ of stream ?? []) {
    // What git complains of inside is for nobody.
  }
}

/** Ends a process that takes too long, or says nothing for too long. */
class Watch implements Disposable {
  /** Why the process was ended. */
  failure: Refused | Postponed | null = null;
  readonly #tree: ProcessTree;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(tree: ProcessTree, limit: number | undefined) {
    this.#tree = tree;
    this.#deadline = limit === undefined
      ? setTimeout(() => this.#end(late(DEADLINE_MS)), DEADLINE_MS)
      : setTimeout(() => this.#end(new Postponed()), limit);
  }

  /** The chunks of the process's output, each of them a sign of life. */
  async *over(output: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
    const reader = output.getReader();
    try {
      for (;;) {
        this.#silence = setTimeout(() => this.#end(late(SILENCE_MS)), SILENCE_MS);
        const { done, value } = await reader.read();
        clearTimeout(this.#silence);
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel();
    }
  }

  #end(failure: Refused | Postponed): void {
    this.failure = failure;
    void this.#tree.signal("SIGKILL");
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
  }
}

function late(milliseconds: number): Refused {
  return new Refused(`git inside did not answer within ${milliseconds / 1000} s`);
}
