/**
 * Writing the objects of one transaction: all of them into one pack, which becomes visible whole.
 *
 * Until a ref holds the objects, a `git gc --prune=now` of the repository's owner could delete
 * them. So the pack is built where git does not look, and moved in with a `.keep` file, which git
 * respects.
 *
 * @module
 */

import { ClosedError } from "../errors.ts";
import { removeFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { type Chunks, hashObject, type ObjectType } from "./object.ts";
import { publishPack } from "./pack_publishing.ts";
import { cannotWrite, PackWriter } from "./pack_writer.ts";

/** Over all writers of this process, since they may share a session. */
let temporaryFiles = 0;

/** Where an {@linkcode ObjectWriter} writes. */
export interface ObjectWriterOptions {
  /** Where files are before they get their names; on the file system of the objects. */
  readonly temporaryDirectory: string;
  /** What the names of those files begin with, and what `.keep` files hold. */
  readonly session: string;
}

/**
 * The objects of one transaction: write, {@linkcode finish}, let a ref hold them,
 * {@linkcode release}; `publish()` does the last three. Disposing it before discards what was written.
 *
 * @example
 * ```ts ignore
 * using writer = store.writer();
 * const oid = writer.write("blob", data);
 * await publish(writer, [refs.stage(ref, oid, before)]);
 * ```
 */
export class ObjectWriter implements Disposable {
  readonly #objectsDirectory: string;
  readonly #options: ObjectWriterOptions;
  readonly #finished: () => Promise<void>;
  /** `null` until the first object comes. */
  #pack: PackWriter | null = null;
  #isOpen = true;
  /** The `.keep` file that holds the finished pack. */
  #keep: string | null = null;

  /** Touches nothing yet; `finished` is called when there is one pack more. */
  constructor(
    objectsDirectory: string,
    options: ObjectWriterOptions,
    finished: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#objectsDirectory = objectsDirectory;
    this.#options = options;
    this.#finished = finished;
  }

  /**
   * Writes an object and returns its id. It is written whether or not the store has it, since that
   * copy may be pruned; but once only by one writer.
   *
   * @throws {StoreError} where it cannot be written.
   */
  write(type: ObjectType, data: Uint8Array): string {
    const pack = this.#open();
    // Never an id that the caller knows: the bytes may have changed since it was computed.
    const oid = hashObject(type, data);
    if (!pack.has(oid)) pack.add(oid, type, data);
    return oid;
  }

  /**
   * Writes an object whose `size` bytes come in pieces, in little memory, and returns its id.
   * Nothing else can be written until it is done.
   *
   * @throws {StoreError} where it cannot be written, or has another size; and whatever `chunks`
   * throws. The writer is then as it was before.
   */
  async writeStream(type: ObjectType, size: number, chunks: Chunks): Promise<string> {
    return await this.#open().addStream(type, size, chunks);
  }

  /** Whether this writer has written the object. */
  has(oid: string): boolean {
    return this.#pack?.has(oid) ?? false;
  }

  /**
   * Brings everything onto the disk, makes it visible and holds it until {@linkcode release}. Where
   * nothing was written, nothing happens.
   *
   * @throws {StoreError} where that fails; then nothing of it is visible.
   */
  async finish(): Promise<void> {
    this.#checkOpen();
    this.#isOpen = false;
    if (this.#pack === null) return;
    using pack = this.#pack;
    try {
      const path = await publishPack(this.#objectsDirectory, pack, {
        session: this.#options.session,
        temporary: this.#temporary(),
        slices: new Slices(),
      });
      this.#keep = `${path}.keep`;
    } catch (error) {
      throw cannotWrite(this.#objectsDirectory, error);
    }
    await this.#finished();
  }

  /** Lets git collect the objects once no ref holds them. Call it as soon as one does. */
  release(): void {
    if (this.#keep !== null) removeFile(this.#keep);
    this.#keep = null;
  }

  /**
   * Discards what was written. After {@linkcode finish} somebody may rely on the objects, since git
   * does not write again what is there: then they are released only, for `git gc` to collect.
   */
  abort(): void {
    this.#isOpen = false;
    this.#pack?.[Symbol.dispose]();
    this.release();
  }

  /** The same as {@linkcode abort}. */
  [Symbol.dispose](): void {
    this.abort();
  }

  #open(): PackWriter {
    this.#checkOpen();
    if (this.#pack !== null) return this.#pack;
    const path = this.#temporary();
    try {
      return this.#pack = new PackWriter(path);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  #checkOpen(): void {
    if (this.#isOpen) return;
    throw new ClosedError("Cannot write objects: this writer is finished; take a new one");
  }

  #temporary(): string {
    const { temporaryDirectory, session } = this.#options;
    return `${temporaryDirectory}/${session}-pack${++temporaryFiles}`;
  }
}
