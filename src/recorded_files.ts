/**
 * The files of a workspace as its agent has them: every call is recorded.
 *
 * @module
 */

import { decodeText } from "./files/content.ts";
import type { Files } from "./files/files.ts";
import type {
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamMode,
  WriteOptions,
} from "./files/types.ts";
import { effectOf, type Recorder } from "./recorder.ts";
import { rooted } from "./worktree/beneath.ts";

/** The file methods of a workspace; {@linkcode Workspace} tells what each of them does. */
export class RecordedFiles {
  readonly #files: () => Files;
  readonly #recorder: Recorder;

  /**
   * Has the files do the work, and `recorder` write it down. `files` throws where the workspace cannot be
   * used any more.
   */
  constructor(files: () => Files, recorder: Recorder) {
    this.#files = files;
    this.#recorder = recorder;
  }

  async readFile(path: string): Promise<string> {
    const { text } = await this.#recorder.read(
      { operation: "read", path },
      async () => {
        let resolved = path;
        const bytes = await this.#files().readBytes(path, (ledTo) => resolved = ledTo);
        return { text: await decodeText(rooted(path), bytes), size: bytes.length, resolved };
      },
      ({ size, resolved }) => ({ size, resolved }),
    );
    return text;
  }

  readBytes(path: string): Promise<Uint8Array> {
    let resolved = path;
    return this.#recorder.read(
      { operation: "read", path },
      () => this.#files().readBytes(path, (ledTo) => resolved = ledTo),
      ({ length }) => ({ size: length, resolved }),
    );
  }

  async writeFile(path: string, data: FileContent, options: WriteOptions): Promise<void> {
    const operation = options?.append === true ? "append" : "write";
    await this.#recorder.change(
      { operation, path },
      () => this.#files().writeFile(path, data, options),
      effectOf,
    );
  }

  exists(path?: string): Promise<boolean> {
    return this.#recorder.look(
      { operation: "exists", path },
      () => this.#files().exists(path),
    );
  }

  stat(path: string): Promise<FileInfo> {
    return this.#recorder.look({ operation: "stat", path }, () => this.#files().stat(path));
  }

  listDir(path: string, options: ListOptions): Promise<FileInfo[]> {
    return this.#recorder.look(
      { operation: "listDir", path },
      () => this.#files().listDir(path, options),
    );
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#recorder.change(
      { operation: "copy", path: to, details: { from } },
      () => this.#files().copy(from, to),
      effectOf,
    );
  }

  async move(from: string, to: string): Promise<void> {
    await this.#recorder.change(
      { operation: "move", path: to, details: { from } },
      () => this.#files().move(from, to),
      effectOf,
    );
  }

  async delete(path: string, options: DeleteOptions): Promise<void> {
    await this.#recorder.change(
      { operation: "delete", path },
      () => this.#files().delete(path, options),
      effectOf,
    );
  }

  async mkdir(path: string): Promise<void> {
    await this.#recorder.change(
      { operation: "mkdir", path },
      () => this.#files().mkdir(path),
      effectOf,
    );
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#recorder.change(
      { operation: "symlink", path, details: { target } },
      () => this.#files().symlink(target, path),
      effectOf,
    );
  }

  readLink(path: string): Promise<string> {
    return this.#recorder.look({ operation: "readLink", path }, () => this.#files().readLink(path));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#recorder.change(
      { operation: "chmod", path, details: { mode } },
      () => this.#files().chmod(path, mode),
      effectOf,
    );
  }

  async openStream(path: string, mode: StreamMode): Promise<FileStream> {
    const details = { stream: true };
    if (mode === "r") {
      const call = { operation: "read", path, details };
      return await this.#recorder.read(call, () => this.#files().openStream(path, mode));
    }
    const call = { operation: mode === "a" ? "append" : "write", path, details };
    try {
      return await this.#files().openStream(path, mode, async (effect, error) => {
        if (effect === null) await this.#recorder.failed(call, error);
        else await this.#recorder.done(call, effectOf(effect));
      });
    } catch (error) {
      await this.#recorder.failed(call, error);
      throw error;
    }
  }
}
