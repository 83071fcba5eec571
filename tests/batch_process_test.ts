import assert from "node:assert/strict";
import { batchProcess, type Processed } from "../src/batch_process.ts";
import { Random } from "./random.ts";
import { makeProject } from "./project.ts";

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(results);
}

/** Lets everything that is ready happen. */
function turn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Numbers from 0 on without end, and what has been done with them. */
class Numbers {
  pulled = 0;
  returned = 0;

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (;;) {
        await Promise.resolve();
        yield this.pulled++;
      }
    } finally {
      this.returned++;
    }
  }
}

Deno.test("batchProcess gives results in the order of the items, whichever callback ends first", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const items = Array.from({ length: random.below(60) }, (_, index) => index);
    const concurrency = 1 + random.below(8);
    let running = 0, most = 0;
    const results = await all(batchProcess(items, async (item) => {
      most = Math.max(most, ++running);
      await turn(random.below(4));
      running--;
      return item * 2;
    }, { concurrency }));
    const message = `seed ${seed}`;
    assert.deepEqual(
      results,
      items.map((item) => ({ item, path: null, value: item * 2 })),
      message,
    );
    assert.equal(most, Math.min(concurrency, items.length), message);
  }
});

Deno.test("batchProcess runs 4 callbacks at a time where nothing is said", async () => {
  let running = 0, most = 0;
  await all(batchProcess(Array(20), async () => {
    most = Math.max(most, ++running);
    await turn(1);
    running--;
  }));
  assert.equal(most, 4);
});

Deno.test("batchProcess tells the path of an item that is one, or has one", async () => {
  const items = ["/a", { path: "/b" }, { path: 1 }, 5, null, undefined];
  const paths = (await all(batchProcess<unknown, void>(items, () => {}))).map(({ path }) => path);
  assert.deepEqual(paths, ["/a", "/b", null, null, null, null]);
});

Deno.test("batchProcess keeps what a callback throws with its item, always as an Error", async () => {
  const error = new RangeError("mine");
  const thrown = [error, "text", { an: "object" }, null, Object.create(null)];
  const results = await all(batchProcess<unknown, string>([...thrown, "fine"], (item) => {
    if (item === "fine") return "done";
    throw item;
  }));
  assert.equal(results[0]!.error, error);
  for (const [index, value] of thrown.entries()) {
    const { error, ...rest } = results[index]!;
    assert.ok(error instanceof Error);
    if (index > 0) assert.equal(error.cause, value);
    assert.ok(!("value" in rest));
  }
  assert.match(results[1]!.error!.message, /The callback threw "text", which is no Error/);
  assert.deepEqual(results[5], { item: "fine", path: "fine", value: "done" });
  const rejected = await all(batchProcess([1], () => Promise.reject(error)));
  assert.equal(rejected[0]!.error, error);
});

Deno.test("batchProcess takes from items without end only what it needs, and starts at the first next()", async () => {
  const numbers = new Numbers();
  let calls = 0;
  const results = batchProcess(numbers, (item) => (calls++, item), { concurrency: 2 });
  await turn(5);
  assert.deepEqual([numbers.pulled, calls], [0, 0]);
  const iterator = results[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value?.item, 0);
  await turn(5);
  // One was taken, and four times two are begun.
  assert.deepEqual([numbers.pulled, calls], [9, 9]);
  await iterator.return!();
  await turn(5);
  assert.deepEqual([numbers.pulled, numbers.returned], [9, 1]);
});

Deno.test("batchProcess begins no more than 4 times as many as may run, behind one that is slow", async () => {
  const numbers = new Numbers();
  const slow = Promise.withResolvers<void>();
  const results = batchProcess(
    numbers,
    (item) => item === 0 ? slow.promise : undefined,
    { concurrency: 3 },
  );
  const taken: number[] = [];
  const loop = (async () => {
    for await (const { item } of results) if (taken.push(item) === 100) break;
  })();
  await turn(20);
  assert.deepEqual([taken, numbers.pulled], [[], 12]);
  slow.resolve();
  await loop;
  assert.deepEqual(taken, Array.from({ length: 100 }, (_, index) => index));
});

Deno.test("batchProcess waits for nothing when the loop is left, and nothing is unhandled", async () => {
  const numbers = new Numbers();
  const never = Promise.withResolvers<void>();
  for await (const _ of batchProcess(numbers, (item) => item > 0 ? never.promise : undefined)) {
    break;
  }
  await assert.rejects(async () => {
    for await (const _ of batchProcess(numbers, (item) => item)) throw new Error("out of the loop");
  }, /out of the loop/);
  const items = { [Symbol.iterator]: () => ({ ...[1].values(), next, return: broken }) };
  function next(): IteratorResult<number> {
    return { done: false, value: 1 };
  }
  function broken(): never {
    throw new Error("return() is broken");
  }
  for await (const _ of batchProcess(items, (item) => item)) break;
  never.reject(new Error("too late"));
  await turn(5);
  assert.equal(numbers.returned, 2);
});

Deno.test("batchProcess ends with the error of the items, after the results before it", async () => {
  function* failing(): Generator<number> {
    yield 1;
    yield 2;
    throw new Error("no more items");
  }
  const seen: Processed<number, number>[] = [];
  const loop = async (): Promise<void> => {
    for await (const result of batchProcess(failing(), async (item) => (await turn(3), item))) {
      seen.push(result);
    }
  };
  await assert.rejects(loop, { message: "no more items" });
  assert.deepEqual(seen.map(({ value }) => value), [1, 2]);
});

Deno.test("batchProcess ends with the reason of an abort, whatever it is waiting for", async () => {
  const reason = new Error("enough");
  const never = new Promise<never>(() => {});
  const stuck = { [Symbol.asyncIterator]: () => ({ next: () => never }) };
  const waits: [string, AsyncIterable<number>, (item: number) => unknown][] = [
    ["a callback", new Numbers(), () => never],
    ["an item", stuck, (item) => item],
  ];
  for (const [what, items, callback] of waits) {
    const controller = new AbortController();
    const results = batchProcess(items, callback, { signal: controller.signal });
    const loop = all(results);
    await turn(2);
    controller.abort(reason);
    await assert.rejects(loop, reason, what);
    if (items instanceof Numbers) assert.deepEqual([items.pulled, items.returned], [4, 1]);
  }
  const numbers = new Numbers();
  const controller = new AbortController();
  const iterator = batchProcess(numbers, (item) => item, { signal: controller.signal })
    [Symbol.asyncIterator]();
  await iterator.next();
  await turn(5);
  const { pulled } = numbers;
  controller.abort(reason);
  await turn(5);
  assert.deepEqual([numbers.pulled, numbers.returned], [pulled, 1]);
  await assert.rejects(iterator.next(), reason);
  await assert.rejects(
    all(batchProcess(numbers, (item) => item, { signal: controller.signal })),
    reason,
  );
  assert.equal(numbers.pulled, pulled);
});

Deno.test("batchProcess is an error at once for what it cannot work with", () => {
  for (const concurrency of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => batchProcess([], () => {}, { concurrency }), {
      name: "RangeError",
      message: /concurrency is an integer from 1/,
    });
  }
  assert.throws(() => batchProcess(5 as never, () => {}), { name: "TypeError" });
  assert.throws(() => batchProcess([], 5 as never), { name: "TypeError" });
  assert.throws(() => batchProcess([], () => {}, { parallel: 5 } as never), { name: "TypeError" });
});

Deno.test("batchProcess goes through a million items", async () => {
  function* many(): Generator<number> {
    for (let item = 0; item < 1_000_000; item++) yield item;
  }
  let sum = 0;
  for await (const { value } of batchProcess(many(), (item) => item, { concurrency: 8 })) {
    sum += value!;
  }
  assert.equal(sum, 499_999_500_000);
});

Deno.test("a workspace's batchProcess works on its files", async () => {
  await using project = await makeProject({ files: { "a": "1", "b": "22" } });
  const workspace = await project.afs.workspace.create("w");
  const results = await all(
    workspace.batchProcess(
      ["/a", "/b", "/c"],
      async (path) => (await workspace.readFile(path)).length,
    ),
  );
  assert.deepEqual(results.map(({ path, value }) => [path, value]), [["/a", 1], ["/b", 2], [
    "/c",
    undefined,
  ]]);
  assert.match(results[2]!.error!.message, /Cannot read "\/c": nothing is there/);
});

Deno.test("batchProcess ends with a TypeError where the items are no iterator's", async () => {
  let called = 0;
  const process = (items: unknown): Promise<unknown[]> =>
    all(batchProcess(items as Iterable<number>, () => void called++));
  for (const result of [5, null, undefined, "done"]) {
    const message =
      /^Cannot process a batch of items: what next\(\) of the items gives is an object/;
    for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
      const items = { [symbol]: () => ({ next: () => result }) };
      await assert.rejects(process(items), { name: "TypeError", message });
    }
  }
  for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
    await assert.rejects(process({ [symbol]: () => 5 }), {
      name: "TypeError",
      message:
        "Cannot process a batch of items: the iterator of the items is an object, not number",
    });
    assert.throws(() => batchProcess({ [symbol]: 5 } as never, () => {}), {
      name: "TypeError",
      message: "Cannot process a batch of items: they are an iterable, not object",
    });
  }
  assert.equal(called, 0);
});
