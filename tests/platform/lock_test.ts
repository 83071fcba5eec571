import assert from "node:assert/strict";
import type { BusyError } from "../../src/errors.ts";
import {
  acquireLock,
  LockFiles,
  type LockOptions,
  tryAcquireLock,
} from "../../src/platform/lock.ts";
import { temporaryDirectory } from "../temporary.ts";

const options: LockOptions = {
  exclusive: true,
  purpose: "testing",
  subject: "the thing",
  timeout: 30_000,
};
const shared: LockOptions = { ...options, exclusive: false };
const impatient: LockOptions = { ...options, timeout: 30 };

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Another process that has the lock until it is disposed of, which kills it. */
async function holder(path: string, how: "exclusive" | "shared"): Promise<AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-all"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      new URL("children/lock_holder.ts", import.meta.url).pathname,
      ...[path, how],
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.equal((await reader.read()).done, false, "the child has ended");
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test("acquireLock() gives an exclusive lock to one after the other, in their order", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/deep/lock`;
  const order: string[] = [];
  const take = async (name: string): Promise<void> => {
    using _ = await acquireLock(path, options);
    order.push(`${name} in`);
    await later();
    order.push(`${name} out`);
  };
  await Promise.all(["a", "b", "c", "d"].map(take));
  const expected = ["a", "b", "c", "d"].flatMap((name) => [`${name} in`, `${name} out`]);
  assert.deepEqual(order, expected);
});

Deno.test("acquireLock() gives a shared lock to many, and to nobody beside an exclusive one", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  {
    using _one = await acquireLock(path, shared);
    using _two = await acquireLock(path, { ...shared, timeout: 30 });
    await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
    assert.equal(tryAcquireLock(path, "trying"), null);
  }
  using _ = await acquireLock(path, impatient);
  await assert.rejects(acquireLock(path, { ...shared, timeout: 30 }), { code: "BusyError" });
  assert.equal(tryAcquireLock(path, "trying"), null);
});

Deno.test("acquireLock() names who has the lock, and what to do", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  using _ = await acquireLock(path, { ...options, purpose: "committing" });
  await assert.rejects(acquireLock(path, impatient), (error: BusyError) => {
    assert.equal(error.code, "BusyError");
    assert.equal(error.holder, `process ${Deno.pid}, committing`);
    assert.equal(
      error.message,
      `Cannot have the thing for testing: process ${Deno.pid}, committing has it, for over 30 ms; ` +
        "wait for that to end, or raise lockTimeout",
    );
    return true;
  });
});

Deno.test("acquireLock() lets the next one in after one whose patience has ended", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await acquireLock(path, options);
  const second = acquireLock(path, impatient);
  const third = acquireLock(path, options);
  await assert.rejects(second, { code: "BusyError" });
  let held = false;
  third.then(() => held = true);
  await later();
  assert.equal(held, false);
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
});

Deno.test("acquireLock() stops waiting when it is aborted, in the queue and for another process", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const reason = new Error("enough");
  for (const local of [true, false]) {
    await using stack = new AsyncDisposableStack();
    if (local) stack.use(await acquireLock(path, options));
    else stack.use(await holder(path, "exclusive"));
    const controller = new AbortController();
    const waiting = acquireLock(path, { ...options, signal: controller.signal });
    await later();
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(
      acquireLock(path, { ...options, signal: AbortSignal.abort(reason) }),
      reason,
    );
  }
  using _ = await acquireLock(path, options);
});

Deno.test("acquireLock() keeps the order when one in the middle of the queue is aborted", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await acquireLock(path, options);
  const controller = new AbortController();
  const order: string[] = [];
  const take = async (name: string, signal?: AbortSignal): Promise<void> => {
    using _ = await acquireLock(path, { ...options, signal });
    order.push(name);
    await later();
  };
  const all = [take("a"), take("b", controller.signal), take("c"), take("d")];
  controller.abort(new Error("enough"));
  await assert.rejects(all[1]!, { message: "enough" });
  assert.deepEqual(order, []);
  first[Symbol.dispose]();
  await Promise.allSettled(all);
  assert.deepEqual(order, ["a", "c", "d"]);
});

Deno.test("a lock excludes other processes, and a killed process has none", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  {
    await using _ = await holder(path, "exclusive");
    assert.equal(tryAcquireLock(path, "trying"), null);
    await assert.rejects(acquireLock(path, impatient), ({ holder }: BusyError) => {
      assert.match(holder, /^process \d+, holding it for a test$/);
      return true;
    });
    await assert.rejects(acquireLock(path, { ...shared, timeout: 30 }), { code: "BusyError" });
  }
  tryAcquireLock(path, "trying")![Symbol.dispose]();
  {
    await using _ = await holder(path, "shared");
    using _too = await acquireLock(path, { ...shared, timeout: 30 });
    await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
  }
  using _ = await acquireLock(path, impatient);
});

Deno.test("acquireLock() gets the lock as soon as another process has ended", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const other = await holder(path, "exclusive");
  const waiting = acquireLock(path, options);
  await later();
  await other[Symbol.asyncDispose]();
  using _ = await waiting;
});

Deno.test("tryAcquireLock() takes a free lock, and stays out of a queue", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/deep/lock`;
  const first = tryAcquireLock(path, "first");
  assert.ok(first !== null);
  assert.equal(tryAcquireLock(path, "second"), null);
  const waiting = acquireLock(path, options);
  first[Symbol.dispose]();
  // Who waits in this process comes first, though the lock may be free for a moment.
  assert.equal(tryAcquireLock(path, "third"), null);
  (await waiting)[Symbol.dispose]();
  tryAcquireLock(path, "fourth")![Symbol.dispose]();
});

Deno.test("disposing of a lock twice does not let go of somebody else's", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await acquireLock(path, options);
  first[Symbol.dispose]();
  using _second = await acquireLock(path, options);
  first[Symbol.dispose]();
  await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
});

Deno.test("a lock file is for its owner's eyes only", async () => {
  await using directory = await temporaryDirectory();
  using _ = await acquireLock(`${directory.path}/lock`, options);
  assert.equal((await Deno.stat(`${directory.path}/lock`)).mode! & 0o777, 0o600);
});

Deno.test("LockFiles take the same lock as acquireLock(), again and again, and name who has it", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  using files = new LockFiles(path);
  using others = new LockFiles(path);
  for (const purpose of ["a long purpose, to be written over", "short"]) {
    {
      using _held = await files.acquire({ ...options, purpose });
      const named = { code: "BusyError", holder: `process ${Deno.pid}, ${purpose}` };
      await assert.rejects(acquireLock(path, impatient), named);
      await assert.rejects(others.acquire(impatient), named);
      assert.equal(tryAcquireLock(path, "testing"), null);
    }
    using _other = await others.acquire(impatient);
    await assert.rejects(files.acquire(impatient), { code: "BusyError" });
  }
  await using _holder = await holder(path, "exclusive");
  await assert.rejects(files.acquire(impatient), { code: "BusyError" });
});

Deno.test("LockFiles are closed once the lock is free, and make a file that was deleted anew", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/locks/lock`;
  const files = new LockFiles(path);
  (await files.acquire(options))[Symbol.dispose]();
  await Deno.remove(`${directory.path}/locks`, { recursive: true });
  const held = await files.acquire(options);
  await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
  const waiting = files.acquire(options);
  files[Symbol.dispose]();
  await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
  held[Symbol.dispose]();
  {
    using _next = await waiting;
    await assert.rejects(acquireLock(path, impatient), { code: "BusyError" });
  }
  (await acquireLock(path, impatient))[Symbol.dispose]();
});

Deno.test("who gives up waiting lets nobody past those who have the lock", async () => {
  await using directory = await temporaryDirectory();
  using files = new LockFiles(`${directory.path}/lock`);
  const held = await files.acquire(options);
  let isFree = false;
  await assert.rejects(files.acquire(impatient), { code: "BusyError" });
  const next = files.acquire(options).then((lock) => {
    assert.ok(isFree, "two have the lock");
    lock[Symbol.dispose]();
  });
  await later();
  isFree = true;
  held[Symbol.dispose]();
  await next;
});

Deno.test("who lets go of a lock has not left it to a process that is just being started", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  const workers = Array.from(
    { length: 2 },
    () => new Worker(new URL("children/forker.ts", import.meta.url), { type: "module" }),
  );
  try {
    await Promise.all(
      workers.map((worker) => new Promise((resolve) => worker.onmessage = resolve)),
    );
    const start = performance.now();
    for (let turn = 0; turn < 20_000 && performance.now() - start < 3000; turn++) {
      (await acquireLock(path, shared))[Symbol.dispose]();
      const lock = tryAcquireLock(path, "testing");
      assert.notEqual(lock, null, `turn ${turn}`);
      lock?.[Symbol.dispose]();
    }
  } finally {
    for (const worker of workers) worker.terminate();
  }
});
