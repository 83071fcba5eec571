/**
 * Reads one object from the repository named first, and prints its size and how much memory this
 * process has needed at most, in bytes.
 *
 * @module
 */

import { openStore } from "../corpus.ts";

const [path, oid] = Deno.args as [string, string];
using store = openStore(path, 32 << 20);
const { data } = store.read(oid);
const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
const report = { size: data.length, resident: Number(kilobytes) * 1024 };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
