/**
 * Every attempt, and what is known of one that was made.
 *
 * @module
 */

import type { Attempt, Sign } from "./attempt.ts";
import { NETWORK } from "./network.ts";
import { PRIVILEGES } from "./privileges.ts";
import { PROCESSES } from "./processes.ts";
import { READING } from "./reading.ts";
import { WRITING } from "./writing.ts";

/** The attempts by what they are after. */
export const TABLES: readonly { readonly aim: string; readonly attempts: readonly Attempt[] }[] = [
  { aim: "read", attempts: READING },
  { aim: "change", attempts: WRITING },
  { aim: "reach", attempts: NETWORK },
  { aim: "do to processes", attempts: PROCESSES },
  { aim: "get", attempts: PRIVILEGES },
].map(({ aim, attempts }) => ({
  aim,
  attempts: attempts.map((attempt) => ({ ...attempt, name: `${aim}: ${attempt.name}` })),
}));

/** All of them. */
export const ALL: readonly Attempt[] = TABLES.flatMap(({ attempts }) => attempts);

/** How an attempt went. */
export interface Tried {
  readonly name: string;
  /** How it shows that it got out; empty where it did not. */
  readonly signs: readonly Sign[];
  readonly code: number;
  /** What it printed. */
  readonly said: string;
  /** Paths of the owner's that are not as before. */
  readonly changed: readonly string[];
}
