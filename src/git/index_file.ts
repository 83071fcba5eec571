/**
 * Git's index: which paths a work tree has, and what their files looked like.
 *
 * @module
 */

export type { IndexEntry } from "./index_entry.ts";
export { parseIndex } from "./index_reader.ts";
export { serializeIndex } from "./index_writer.ts";
