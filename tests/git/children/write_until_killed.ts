/**
 * Writes transactions into the repository named first, as the session named second, until it is
 * killed; prints the id of an object of each transaction once it is finished.
 *
 * @module
 */

import { ObjectStore } from "../../../src/git/store.ts";

const [path, session] = Deno.args as [string, string];
const options = { temporaryDirectory: `${path}/.git/agentfs/tmp`, session, cacheBytes: 0 };
using store = new ObjectStore(`${path}/.git/objects`, options);
const content = new Uint8Array(300_000).map(() => Math.random() * 256);
for (let transaction = 0;; transaction++) {
  using writer = store.writer();
  const small = new TextEncoder().encode(`${session} ${transaction}`);
  const oid = writer.write("blob", small);
  content.set(small);
  await writer.writeStream("blob", content.length, [content]);
  await writer.finish();
  Deno.stdout.writeSync(new TextEncoder().encode(`${oid}\n`));
  writer.release();
}
