/**
 * Writes a large file into a workspace, takes a snapshot, brings the file back and reads it; all in
 * pieces. Prints how much more memory that took than this process had at its start, in bytes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";
import { peakResident, resident } from "../resident.ts";

const PIECES = Number(Deno.args[0]);
const PIECE_BYTES = 1 << 20;

/** Noise for every fourth piece, which does not get smaller when it is deflated; else repetitions. */
function* pieces(): Iterable<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let count = 0; count < PIECES; count++) {
    if (count % 4 === 0) {
      for (let at = 0; at < PIECE_BYTES; at += 1 << 16) {
        crypto.getRandomValues(piece.subarray(at, at + (1 << 16)));
      }
    } else piece.fill(count, count);
    yield piece;
  }
}

await using temporary = await TemporaryWorkspace.create();
const { workspace } = temporary;
const start = resident();

const written = createHash("sha256");
{
  await using stream = await workspace.openStream("/large.bin", "w");
  for (const piece of pieces()) {
    written.update(piece);
    await stream.write(piece);
  }
}
await workspace.snapshot.create("with");
await workspace.delete("/large.bin");
await workspace.snapshot.restore("with");
const read = createHash("sha256");
for await (const piece of await workspace.openStream("/large.bin")) read.update(piece);

const same = written.digest("hex") === read.digest("hex");
const report = { same, bytes: peakResident() - start };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
