/**
 * What is done with single files in a round, whoever does it: many files of 4 KB, or a large one in
 * pieces.
 *
 * @module
 */

const FILES_PER_DIRECTORY = 50;
const BYTES = 4096;
const PIECE_BYTES = 1 << 20;

/** Something that is done with files. */
export type Operation =
  | "create"
  | "overwrite"
  | "read"
  | "stat"
  | "move"
  | "delete"
  | "writeLarge"
  | "readLarge";

/** Somebody who keeps files, at absolute POSIX paths. */
export interface Keeper {
  mkdir(path: string): unknown;
  write(path: string, content: Uint8Array): unknown;
  read(path: string): unknown;
  stat(path: string): unknown;
  move(from: string, to: string): unknown;
  delete(path: string): unknown;
  /** Writes the same piece so many times behind itself. */
  writeLarge(path: string, piece: Uint8Array, count: number): unknown;
  /** Reads it all, in pieces of so many bytes. */
  readLarge(path: string, pieceBytes: number, count: number): unknown;
}

/** How much a round does. */
export interface Amount {
  readonly files: number;
  /** Pieces of 1 MiB. */
  readonly pieces: number;
}

/** Takes a keeper through rounds, each on files that are new. */
export class FileRounds {
  readonly #keeper: Keeper;
  readonly #amount: Amount;
  readonly #content = bytes(BYTES);
  readonly #piece = bytes(PIECE_BYTES);
  #paths: string[] = [];
  #count = 0;

  constructor(keeper: Keeper, amount: Amount) {
    this.#keeper = keeper;
    this.#amount = amount;
  }

  /** Makes what the operation needs. */
  async prepare(operation: Operation): Promise<void> {
    const directory = `/files${++this.#count}`;
    await this.#keeper.mkdir(directory);
    this.#paths = [];
    if (operation === "writeLarge" || operation === "readLarge") {
      this.#paths.push(`${directory}/large.bin`);
      if (operation === "readLarge") await this.run("writeLarge");
      return;
    }
    for (let i = 0; i < this.#amount.files; i++) {
      const part = `${directory}/part${Math.floor(i / FILES_PER_DIRECTORY)}`;
      if (i % FILES_PER_DIRECTORY === 0) await this.#keeper.mkdir(part);
      this.#paths.push(`${part}/file${i}.ts`);
    }
    if (operation !== "create") await this.run("create");
  }

  /** Does it. */
  async run(operation: Operation): Promise<void> {
    const call = this.#call(operation);
    for (const path of this.#paths) await call(path);
  }

  #call(operation: Operation): (path: string) => unknown {
    const keeper = this.#keeper;
    const { pieces } = this.#amount;
    switch (operation) {
      case "create":
      case "overwrite":
        return (path) => keeper.write(path, this.#content);
      case "move":
        return (path) => keeper.move(path, `${path}.moved`);
      case "writeLarge":
        return (path) => keeper.writeLarge(path, this.#piece, pieces);
      case "readLarge":
        return (path) => keeper.readLarge(path, PIECE_BYTES, pieces);
      default:
        return (path) => keeper[operation](path);
    }
  }
}

function bytes(count: number): Uint8Array {
  return new TextEncoder().encode("const answer = 42;\n".repeat(count / 16)).slice(0, count);
}
