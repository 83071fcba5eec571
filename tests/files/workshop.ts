/**
 * A workspace's directory with something outside of it, for tests of the files room.
 *
 * @module
 */

import { StoreError } from "../../src/errors.ts";
import { decodeText } from "../../src/files/content.ts";
import type { FileContext } from "../../src/files/context.ts";
import { readBytes } from "../../src/files/read.ts";
import { TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

/** A {@linkcode FileContext} over a directory of a test. */
export class Workshop implements FileContext, AsyncDisposable {
  readonly root: string;
  identify = true;
  /** A directory that nothing may change. */
  readonly outside: string;
  /** Where unfinished work lies. */
  readonly temporaries: string;
  readonly #path: string;
  #count = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.root = `${path}/workspace`;
    this.outside = `${path}/outside`;
    this.temporaries = `${path}/temporary`;
  }

  temporary(): string {
    return `${this.temporaries}/${this.#count++}`;
  }

  /** Whoever comes waits for those before. */
  async hold(_purpose: string): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = promise;
    await before;
    return { [Symbol.dispose]: resolve };
  }

  requireRoot(): void {
    try {
      Deno.lstatSync(this.root);
    } catch {
      throw new StoreError("Cannot use the workspace: its directory is gone");
    }
  }

  /** What is left of unfinished work. */
  leftovers(): string[] {
    return [...Deno.readDirSync(this.temporaries)].map(({ name }) => name);
  }

  /** The path on this machine. */
  at(path: string): string {
    return `${this.root}${path}`;
  }

  /** Everything outside, as `path: content`. */
  outsideNow(): string[] {
    return [...Deno.readDirSync(this.outside)].map(({ name, isFile }) => {
      const { mode } = Deno.lstatSync(`${this.outside}/${name}`);
      const content = isFile ? Deno.readTextFileSync(`${this.outside}/${name}`) : "";
      return `${name} ${mode?.toString(8)} ${content}`;
    }).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new TemporaryDirectory(this.#path)[Symbol.asyncDispose]();
  }
}

/** Makes a workspace's directory for a test. */
export async function workshop(): Promise<Workshop> {
  const shop = new Workshop((await temporaryDirectory()).path);
  for (const path of [shop.root, shop.outside, shop.temporaries]) await Deno.mkdir(path);
  await Deno.writeTextFile(`${shop.root}/.git`, "gitdir: elsewhere\n");
  await Deno.writeTextFile(`${shop.outside}/secret`, "secret");
  return shop;
}

/** What a file holds, as text. */
export async function readFile(context: FileContext, path: string): Promise<string> {
  return await decodeText(path, await readBytes(context, path));
}
