/**
 * This process as a program: the Deno that runs it, and its streams where it is somebody's helper.
 *
 * @module
 */

/** The path of the `deno` that runs this; `null` where this is compiled into a program of its own. */
export function denoProgram(): string | null {
  return Deno.build.standalone ? null : Deno.execPath();
}

/** The directory of Deno's cache; `null` where the environment does not say, or may not be asked. */
export function denoDirectory(): string | null {
  const [own, cache, home] = ["DENO_DIR", "XDG_CACHE_HOME", "HOME"].map(variable);
  if (own) return own;
  if (cache) return `${cache}/deno`;
  return home ? `${home}/.cache/deno` : null;
}

function variable(name: string): string | null {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) ?? null : null;
}

/** What this program was started with. */
export function programArguments(): readonly string[] {
  return Deno.args;
}

/** This process's input. */
export function standardInput(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Deno.stdin.readable;
}

/** This process's output. */
export function standardOutput(): WritableStream<Uint8Array<ArrayBufferLike>> {
  return Deno.stdout.writable;
}
