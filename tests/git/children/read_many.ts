/**
 * Reads objects from the repository named first, all at the same time, and prints how many bytes they
 * have and how much more memory that took than this process had before, in bytes.
 *
 * @module
 */

import { peakResident, resident } from "../../resident.ts";
import { openStore } from "../corpus.ts";

const [path, ...oids] = Deno.args as [string, ...string[]];
using store = openStore(path, 32 << 20);
// What reading takes the first time, it takes once.
for await (const _ of store.readChunks(oids[0]!));
const before = resident();
const sizes = await Promise.all(oids.map(async (oid) => {
  let size = 0;
  for await (const chunk of store.readChunks(oid)) size += chunk.length;
  return size;
}));
const size = sizes.reduce((sum, size) => sum + size, 0);
const report = { size, bytes: peakResident() - before };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
