import assert from "node:assert/strict";
import { Slices } from "../../src/platform/slices.ts";

/** Keeps the thread busy. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

Deno.test("Slices() is due after some milliseconds of work, and not before", () => {
  // Not all of them: the machine may be busy with something else in between.
  assert.ok(Array.from({ length: 100 }, () => new Slices().due).includes(false));
  const slices = new Slices();
  work(50);
  assert.equal(slices.due, true);
});

Deno.test("rest() lets everything else run", async () => {
  const slices = new Slices();
  const order: string[] = [];
  setTimeout(() => order.push("timer"), 0);
  queueMicrotask(() => order.push("microtask"));
  work(50);
  await slices.rest();
  order.push("rested");
  assert.deepEqual(order, ["microtask", "timer", "rested"]);
});

Deno.test("rest() begins a new slice", async () => {
  const slices = new Slices();
  work(50);
  for (let attempt = 0; slices.due; attempt++) {
    assert.ok(attempt < 100);
    await slices.rest();
  }
});

Deno.test("rest() throws the reason of a signal", async () => {
  const controller = new AbortController();
  const slices = new Slices(controller.signal);
  await slices.rest();
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(slices.rest(), reason);
});
