/**
 * Writes a long file into a workspace and reads it, by `write` and iteration and by web streams. Prints how
 * much more memory that took than this process had at its start, in bytes.
 *
 * What is read is garbage once it is used, which V8 would let pile up for as long as it likes: so it is
 * told to clear away, and what is measured is what the streams hold.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";
import { peakResident, resident } from "../resident.ts";

const PIECES = Number(Deno.args[0]);
const PIECE_BYTES = 1 << 20;
const COLLECTED_BYTES = 16 << 20;

let passed = 0;

/** Has garbage cleared away now and then. */
function pass<Piece extends Uint8Array>(piece: Piece): Piece {
  passed += piece.length;
  if (passed < COLLECTED_BYTES) return piece;
  passed = 0;
  (globalThis as unknown as { gc(): void }).gc();
  return piece;
}

await using temporary = await TemporaryWorkspace.create();
const { workspace } = temporary;
// What the first calls need once and for all is no matter of the length.
await workspace.writeFile("/small", "small");
await workspace.readFile("/small");
const start = resident();

const written = createHash("sha256");
const piece = new Uint8Array(PIECE_BYTES);
{
  await using stream = await workspace.openStream("/long", "w");
  for (let count = 0; count < PIECES; count++) {
    piece.fill(count, count);
    written.update(piece);
    await stream.write(piece);
  }
}
const digest = written.digest("hex");

const read = createHash("sha256");
{
  await using stream = await workspace.openStream("/long");
  for await (const piece of stream) read.update(pass(piece));
}
const passing = new TransformStream<Uint8Array, Uint8Array>({
  transform: (piece, controller) => controller.enqueue(pass(piece)),
});
await (await workspace.openStream("/long")).readable.pipeThrough(passing)
  .pipeTo((await workspace.openStream("/piped", "w")).writable);
const piped = createHash("sha256");
for await (const piece of (await workspace.openStream("/piped")).readable) {
  piped.update(pass(piece));
}

const same = [read, piped].every((hash) => hash.digest("hex") === digest);
const report = { same, bytes: peakResident() - start };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
