/**
 * Passes on what a process writes, for one that may write to where this process writes and must not have
 * that itself: a terminal could be read by it, a file read, or cut short.
 *
 * @module
 */

/** Writes all that comes to `to`; ends when nothing more can come. */
async function pass(from: ReadableStream<Uint8Array>, to: typeof Deno.stdout): Promise<void> {
  try {
    for await (const bytes of from) {
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    }
  } catch {
    // Nobody takes it any more. The pipe is closed by now, which its writer hears of.
  }
}

/** Passes on both outputs of a process to those of this one. */
export async function relay(
  { stdout, stderr }: {
    stdout: ReadableStream<Uint8Array> | null;
    stderr: ReadableStream<Uint8Array> | null;
  },
): Promise<void> {
  await Promise.all([stdout && pass(stdout, Deno.stdout), stderr && pass(stderr, Deno.stderr)]);
}
