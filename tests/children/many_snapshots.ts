/**
 * Changes a file and takes a snapshot, over and over. Prints how much memory was in use after each
 * tenth snapshot, in bytes. Needs `--v8-flags=--expose-gc`.
 *
 * @module
 */

import { TemporaryWorkspace } from "@agentfs/sdk/testing";

declare const gc: () => void;

const FILES = 300;
const SNAPSHOTS = Number(Deno.args[0]);

const files = Object.fromEntries(
  Array.from({ length: FILES }, (_, i) => [`/part${i % 10}/file${i}`, `file ${i}\n`.repeat(300)]),
);
await using temporary = await TemporaryWorkspace.create({ files });
const { workspace } = temporary;

const used: number[] = [];
for (let count = 1; count <= SNAPSHOTS; count++) {
  await workspace.writeFile(`/part${count % 10}/file${count % FILES}`, `${count}\n`.repeat(1000));
  await workspace.snapshot.create();
  if (count % 10 > 0) continue;
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  used.push(heapUsed + external);
}
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(used)));
