/**
 * What the operating system or Deno refuses while a store is worked on, in this library's words.
 *
 * @module
 */

import { AgentFSError, StoreError } from "../errors.ts";
import { errorCode, isDenied } from "./fs.ts";

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof SuppressedError) return messageOf(error.suppressed);
  return error instanceof Error ? error.message : String(error);
}

/** The typed error for a failure; what is typed already, or no failure of the system, stays as it is. */
export function storeFailure(action: string, cause: unknown): unknown {
  // Where the cleaning up failed as well, the reason for it is what matters.
  if (cause instanceof SuppressedError) return storeFailure(action, cause.suppressed);
  if (cause instanceof AgentFSError) return cause;
  if (errorCode(cause) === null && !isDenied(cause)) return cause;
  return new StoreError(`Cannot ${action}: ${messageOf(cause)}`, { cause });
}

/** Whether the store or the operating system refused: what may be left out is left out then. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AgentFSError || errorCode(error) !== null;
}

/** Does the work; a failure of the system in it says what could not be done: `commit`. */
export async function attemptStore<T>(action: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(action, error);
  }
}
