/**
 * Changes of names that can be taken back: after an error, or by whoever comes after a killed process.
 *
 * Steps are written down before they are done. Whether the last one was done shows, since each makes
 * something where nothing is, or sets a mode. And with each step that is taken back the log is cut, so
 * that who is killed even in that leaves the last step of the log done, or just not done.
 *
 * Nothing is synced: a power cut can leave steps that the log does not tell of.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import {
  chmod,
  errorCode,
  lstat,
  makeNewDirectory,
  OpenFile,
  readDirectory,
  removeFile,
  rename,
} from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";

/**
 * One change. What is moved within the {@linkcode Places} goes back to where it was; what is put there
 * from elsewhere is only taken away.
 */
export type Step =
  | readonly ["put", from: string, to: string]
  | readonly ["mkdir", path: string]
  | readonly ["move", from: string, to: string]
  | readonly ["chmod", path: string, before: number, after: number];

/** Two directories on one file system. */
export interface Places {
  /** Where the changes show. */
  readonly root: string;
  /** Where the log is, beside what was taken away from the root. */
  readonly directory: string;
}

const LOG = "log";
/** How the names start of what was taken away to make place, and of what was put and is not wanted. */
const TAKEN = "taken-";
const UNDONE = "undone-";

/** A log that steps are added to. */
export class UndoLog implements Disposable {
  readonly #places: Places;
  readonly #file: OpenFile;
  #taken = 0;

  /** Starts the log of changes in a directory that has none. */
  constructor(places: Places) {
    this.#places = places;
    const options = { append: true, createNew: true, mode: 0o600 };
    this.#file = new OpenFile(`${places.directory}/${LOG}`, options);
  }

  /**
   * Does these steps; where one fails, those before it are done. It is written down for all at once, so
   * none of them may put something where another one makes place.
   */
  do(steps: readonly Step[]): void {
    if (steps.length === 0) return;
    const lines = steps.map(([kind, ...rest]) => {
      const short = rest.map((value) => typeof value === "string" ? this.#short(value) : value);
      return `${JSON.stringify([kind, ...short])}\n`;
    });
    this.#file.write(new TextEncoder().encode(lines.join("")));
    for (const step of steps) carryOut(step);
  }

  /** The step that takes away what is at `path`. */
  takingAway(path: string): Step {
    return ["move", path, `${this.#places.directory}/${TAKEN}${this.#taken++}`];
  }

  /** A path without the directory that it is in: both may have moved until it is read. */
  #short(path: string): string {
    const { root, directory } = this.#places;
    return path.startsWith(`${root}/`) ? path.slice(root.length) : path.slice(directory.length + 1);
  }

  /** Closes the log. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function carryOut(step: Step): void {
  switch (step[0]) {
    case "mkdir":
      return makeNewDirectory(step[1]);
    case "put":
    case "move":
      return rename(step[1], step[2]);
    case "chmod":
      return chmod(step[1], step[3]);
  }
}

/**
 * Takes back all that the log tells of, the last first.
 *
 * @throws {StoreError} where the log is not as it was written, as after a power cut.
 */
export async function takeBack(places: Places): Promise<void> {
  const { directory } = places;
  const slices = new Slices();
  if (lstat(`${directory}/${LOG}`) !== null) {
    using file = new OpenFile(`${directory}/${LOG}`, { read: true, write: true });
    const bytes = file.readAt(0, file.stat().size);
    for (const { start, end } of linesFromLast(bytes)) {
      const step = parseStep(places, bytes.subarray(start, end));
      takeBackOne(step, `${directory}/${UNDONE}${start}`);
      file.truncate(start);
      if (slices.due) await slices.rest();
    }
  }
  const lost = readDirectory(directory)?.find(({ name }) => name.startsWith(TAKEN));
  if (lost === undefined) return;
  throw new StoreError(
    `Cannot undo what was begun: ${directory}/${lost.name} has nowhere to go, since something else is ` +
      "there by now, or since a power cut took the end of the log; move it to where it belongs",
  );
}

/** Where the whole lines are. What is behind the last one was not done. */
function* linesFromLast(bytes: Uint8Array): Generator<{ start: number; end: number }> {
  const newline = "\n".charCodeAt(0);
  for (let end = bytes.lastIndexOf(newline); end >= 0;) {
    const before = end === 0 ? -1 : bytes.lastIndexOf(newline, end - 1);
    yield { start: before + 1, end };
    end = before;
  }
}

function parseStep({ root, directory }: Places, line: Uint8Array): Step {
  try {
    const step: (string | number)[] = JSON.parse(new TextDecoder().decode(line));
    const full = step.map((value, index) => {
      if (index === 0 || typeof value !== "string") return value;
      return value.startsWith("/") ? `${root}${value}` : `${directory}/${value}`;
    });
    return full as unknown as Step;
  } catch (cause) {
    throw new StoreError(
      `Cannot undo what was begun: the log ${directory}/${LOG} is damaged; bring back by hand what ` +
        "was taken away and lies beside it",
      { cause },
    );
  }
}

/** Takes a step back if it was done; what was put goes to `undone`. */
function takeBackOne(step: Step, undone: string): void {
  switch (step[0]) {
    case "put":
      if (lstat(step[2]) !== null) rename(step[2], undone);
      return;
    case "mkdir":
      return removeMade(step[1]);
    case "move":
      if (lstat(step[1]) === null && lstat(step[2]) !== null) rename(step[2], step[1]);
      return;
    case "chmod":
      if (lstat(step[1])?.isDirectory) chmod(step[1], step[2]);
  }
}

/** Removes a directory that was made; what somebody else has put into it meanwhile is theirs. */
function removeMade(path: string): void {
  if (!lstat(path)?.isDirectory) return;
  try {
    removeFile(path);
  } catch (error) {
    if (errorCode(error) !== "ENOTEMPTY") throw error;
  }
}
