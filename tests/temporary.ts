/**
 * Directories that live as long as a test.
 *
 * @module
 */

/** A directory that is gone, with all in it, when its scope ends. */
export class TemporaryDirectory implements AsyncDisposable {
  /** Its absolute path, links resolved. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** Makes an empty directory for a test. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await Deno.makeTempDir({ prefix: "agentfs-test-" });
  return new TemporaryDirectory(await Deno.realPath(path));
}

/** Writes files below `directory`, making the directories that they need. */
export async function writeFiles(directory: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = `${directory}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, content);
  }
}
