/**
 * Refs that last no longer than the session that made them: each is noted in a file of its own before
 * it is made, so that what a killed process leaves goes at the next open.
 *
 * @module
 */

import { writeTextAtomic } from "../platform/atomic.ts";
import { readDirectory, readTextFile, removeFile } from "../platform/fs.ts";
import { randomId } from "../names.ts";
import type { OpenBase } from "./open_base.ts";

/** Notes that `ref` ends with this session; the function that it gives forgets that. */
export function noteTemporaryRef(base: OpenBase, ref: string): () => void {
  const { id } = base.session;
  const note = `${base.layout.temporaryRefs}/${id}-${randomId(12)}`;
  writeTextAtomic(note, ref, {
    temporary: base.session.storeTemporary(),
    durable: false,
  });
  return () => removeFile(note);
}

/** Deletes the refs of sessions that have ended. */
export function endTemporaryRefs(base: OpenBase): void {
  const { temporaryRefs } = base.layout;
  for (const { name } of readDirectory(temporaryRefs) ?? []) {
    if (base.session.isAlive(name.slice(0, name.indexOf("-")))) continue;
    const note = `${temporaryRefs}/${name}`;
    const ref = readTextFile(note);
    const oid = ref && base.refs.read(ref);
    if (ref && oid) base.refs.delete(ref, oid);
    removeFile(note);
  }
}
