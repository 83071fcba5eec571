/**
 * One attempt to escape: what a command tries, and how it shows that it got out.
 *
 * @module
 */

import type { Ground } from "./ground.ts";

/**
 * How success shows: the owner's secret is in the output; the command ends with 0; something of the
 * owner's has changed; the victim is dead; or something lives on after the call.
 */
export type Sign = "secret" | "success" | "change" | "death" | "survivors";

/** Who gets out where nothing holds: `nobody` where that would harm the machine, or is about a sandbox. */
export type Bites = "everybody" | "root" | "user" | "nobody";

/** What an attempt is written with. */
export interface Place {
  readonly ground: Ground;
  /** The path of the workspace. */
  readonly workspace: string;
  /** What begins a command that must do no harm outside: a mount namespace of its own. */
  readonly own: string;
}

/** An attempt. */
export interface Attempt {
  readonly name: string;
  readonly sign: Sign;
  readonly bites: Bites;
  /** Commands, each run in the same workspace after the one before. */
  readonly scripts: (place: Place) => readonly string[];
  /** Ended after so many ms, which is part of the attempt. */
  readonly timeout?: number;
  /** What it reads. */
  readonly stdin?: string;
  /** Whether its stdout is the terminal of its owner. */
  readonly onTerminal?: boolean;
  /** Paths that it may read besides. */
  readonly reads?: (ground: Ground) => string[];
}

/** What is said of an attempt besides its name and its script. */
type Details = Partial<Pick<Attempt, "timeout" | "stdin" | "onTerminal" | "reads">>;

/** Makes a word of the tables: one for attempts that show by `sign`. */
function attempts(sign: Sign) {
  return (
    name: string,
    bites: Bites,
    script: (ground: Ground, place: Place) => string | readonly string[],
    details: Details = {},
  ): Attempt => ({
    name,
    sign,
    bites,
    scripts: (place) => {
      const made = script(place.ground, place);
      return typeof made === "string" ? [made] : made;
    },
    ...details,
  });
}

/** Learns the secret. */
export const learns = attempts("secret");
/** Ends with 0. */
export const succeeds = attempts("success");
/** Changes something. */
export const changes = attempts("change");
/** Kills the victim. */
export const kills = attempts("death");
/** Lives on. */
export const survives = attempts("survivors");
