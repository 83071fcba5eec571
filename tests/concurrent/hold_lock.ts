/**
 * Holds a lock until it is killed, or told to let go: `<path of the lock> <purpose>`. Prints `held`.
 *
 * @module
 */

import { acquireLock } from "../../src/platform/lock.ts";

const [path, purpose] = Deno.args as [string, string];
using _lock = await acquireLock(path, {
  exclusive: true,
  purpose,
  subject: "a lock",
  timeout: 10_000,
});
await Deno.stdout.write(new TextEncoder().encode("held\n"));
await Deno.stdin.read(new Uint8Array(100));
