/**
 * A worker that starts one process after the other, and says when the first has ended.
 *
 * @module
 */

// The types of a worker's own names are for workers only.
const { postMessage } = globalThis as unknown as { postMessage(message: string): void };

for (let count = 0;; count++) {
  await new Deno.Command("true", { stdout: "null", stderr: "null" }).output();
  if (count === 0) postMessage("begun");
}
