/**
 * Takes a lock, says so, and waits to be killed.
 *
 * @module
 */

import { acquireLock } from "../../../src/platform/lock.ts";

const [path = "", exclusive] = Deno.args;
using _lock = await acquireLock(path, {
  exclusive: exclusive === "exclusive",
  purpose: "holding it for a test",
  subject: "the lock",
  timeout: 60_000,
});
Deno.stdout.writeSync(new TextEncoder().encode("held\n"));
await new Promise((resolve) => setTimeout(resolve, 600_000));
