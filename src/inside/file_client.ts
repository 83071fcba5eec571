/**
 * One helper process that works on files inside a sandbox, as the process that asks it sees it.
 *
 * @module
 */

import { SandboxError } from "../errors.ts";
import type { FileInfo } from "../files/types.ts";
import type { ProcessTree } from "../platform/process.ts";
import {
  type Answer,
  type Request,
  unpackError,
  unpackInfo,
  type Verb,
  type Verbs,
} from "./messages.ts";
import { encodeFrame, type Frame, readFrames } from "./frames.ts";

/** As much of what the helper complains of as goes into an error. */
const COMPLAINT_LENGTH = 500;

/**
 * How long a helper that was asked may be silent, in ms. It never works for long without a pause, so one
 * that is waits for something: a FIFO that a command put in the place of the file it was about to open.
 */
const SILENCE_MS = 10_000;

/** What a request has to do with besides its answer. */
export interface Exchange {
  /** The content that goes with it, in pieces of at most {@linkcode PIECE_BYTES}. */
  readonly content?: Iterator<Uint8Array>;
  /** Takes the entries of a directory that come before the answer. */
  readonly take?: (entry: FileInfo) => void;
}

/** A request without its answer. */
interface Pending extends Exchange {
  readonly resolve: (answer: { value: unknown; bytes: Uint8Array }) => void;
  readonly reject: (error: unknown) => void;
  /** Why its content could not be had to the end. */
  failure?: { readonly reason: unknown };
}

/** Asks a helper, which may answer requests in another order than they were made. */
export class FileClient {
  readonly #tree: ProcessTree;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBufferLike>>;
  readonly #pending = new Map<number, Pending>();
  readonly #complaint: Promise<string>;
  readonly #over: Promise<void>;
  /** Ends the listening, whoever else still has the other end of the pipes. */
  readonly #deaf = new AbortController();
  #count = 0;
  #failure: SandboxError | null = null;
  readonly #silence: number;
  #watch: ReturnType<typeof setTimeout> | undefined;

  /** Talks to a helper that was just started, with its streams piped. */
  constructor(tree: ProcessTree, { silence = SILENCE_MS }: { silence?: number } = {}) {
    this.#silence = silence;
    const { stdin, stdout, stderr } = tree;
    if (stdin === null || stdout === null || stderr === null) throw new TypeError("no pipes");
    this.#tree = tree;
    this.#input = stdin.getWriter();
    this.#input.closed.catch(() => {});
    const { signal } = this.#deaf;
    this.#complaint = lastOf(stderr.pipeThrough(new TextDecoderStream(), { signal }));
    this.#over = this.#listen(stdout.pipeThrough(new TransformStream(), { signal }));
  }

  /** Whether it can be asked. */
  get isAlive(): boolean {
    return this.#failure === null;
  }

  /** Whether it is being asked. */
  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Asks for something.
   *
   * @throws {SandboxError} where the helper ends before it answers.
   */
  async ask<Name extends Verb>(
    verb: Name,
    given: Verbs[Name]["given"],
    exchange: Exchange = {},
  ): Promise<{ value: Verbs[Name]["answer"]; bytes: Uint8Array }> {
    if (this.#failure !== null) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<
      { value: unknown; bytes: Uint8Array }
    >();
    const id = this.#count++;
    if (this.#pending.size === 0) this.#listenForLife();
    this.#pending.set(id, { ...exchange, resolve, reject });
    this.#send({ id, kind: "call", verb, given });
    // The helper is the same version of the same library.
    return await promise as { value: Verbs[Name]["answer"]; bytes: Uint8Array };
  }

  /** Ends the helper; what it is asked for fails. */
  async end(): Promise<void> {
    await this.#end("it was ended");
  }

  async #end(why: string): Promise<void> {
    this.#fail(why);
    await this.#tree.signal("SIGKILL");
    await this.#tree.status;
    this.#deaf.abort();
    await this.#over;
  }

  /** A pipe that is broken is heard of at its other end, where the answers come from. */
  #send(request: Request, bytes?: Uint8Array): void {
    this.#input.write(encodeFrame(request, bytes)).catch(() => {});
  }

  async #listen(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let why = "it ended";
    try {
      for await (const frame of readFrames<Answer>(stdout)) this.#hear(frame);
    } catch (error) {
      why = `it was not understood: ${error instanceof Error ? error.message : error}`;
      await this.#tree.signal("SIGKILL");
    }
    const complaint = await this.#complaint;
    this.#fail(complaint === "" ? why : `${why} (${complaint})`);
    this.#input.abort().catch(() => {});
    await this.#tree.status;
  }

  /** Asks for a sign of life halfway, and gives the helper up where none comes. */
  #listenForLife(asked = false): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (asked) return void this.#end("it does not answer");
      this.#listenForLife(true);
      this.#send({ id: 0, kind: "ping" });
    }, this.#silence / 2);
  }

  #hear(frame: Frame<Answer>): void {
    this.#understand(frame);
    if (this.#pending.size === 0) clearTimeout(this.#watch);
    else this.#listenForLife();
  }

  #understand({ header, bytes }: Frame<Answer>): void {
    const pending = this.#pending.get(header.id);
    if (pending === undefined || header.kind === "pong") return;
    switch (header.kind) {
      case "entries":
        return header.entries.forEach((entry) => pending.take?.(unpackInfo(entry)));
      case "next":
        return this.#sendNext(header.id, pending);
      case "answer":
      case "error":
        this.#pending.delete(header.id);
        pending.content?.return?.();
        if (pending.failure !== undefined) pending.reject(pending.failure.reason);
        else if (header.kind === "error") pending.reject(unpackError(header.error));
        else pending.resolve({ value: header.value, bytes });
    }
  }

  #sendNext(id: number, pending: Pending): void {
    try {
      const next = pending.content?.next() ?? { done: true };
      if (next.done) this.#send({ id, kind: "end" });
      else this.#send({ id, kind: "piece" }, next.value);
    } catch (reason) {
      pending.failure = { reason };
      this.#send({ id, kind: "abort" });
    }
  }

  #fail(why: string): void {
    clearTimeout(this.#watch);
    this.#failure ??= new SandboxError(
      `Cannot work on files inside the sandbox: the helper that does it is gone, since ${why}; try again`,
    );
    for (const { reject, content } of this.#pending.values()) {
      content?.return?.();
      reject(this.#failure);
    }
    this.#pending.clear();
  }
}

/** The end of what a pipe says, which is read to its end. */
async function lastOf(pipe: ReadableStream<string>): Promise<string> {
  let text = "";
  try {
    for await (const chunk of pipe) {
      text = (text + chunk).slice(-COMPLAINT_LENGTH);
    }
  } catch {
    // What was said so far has to do.
  }
  return text.trim();
}
