/**
 * `afs.hooks`: functions that hear of what happened.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import { AgentFSError } from "./errors.ts";
import type { WorkspaceEvents } from "./events.ts";
import { nodeConsole } from "./platform/builtin.ts";
import { messageOf } from "./platform/failure.ts";
import { settlesWithin } from "./platform/patience.ts";
import type { Workspace } from "./workspace.ts";

/** What can be heard of. */
export type HookEvent = keyof WorkspaceEvents;

/** A function that hears of an event. What it gives back is waited for, and otherwise not looked at. */
export type HookHandler<Event extends HookEvent> = (
  workspace: Workspace,
  ...told: WorkspaceEvents[Event]
) => void | Promise<void>;

/** A handler with what tells it from others that were given the same function. */
interface Registered {
  readonly handler: HookHandler<never>;
  readonly once: boolean;
}

const EVENTS: { readonly [Event in HookEvent]: `on${Capitalize<Event>}` } = {
  workspaceCreate: "onWorkspaceCreate",
  workspaceDelete: "onWorkspaceDelete",
  commit: "onCommit",
  snapshot: "onSnapshot",
  restore: "onRestore",
  run: "onRun",
  batch: "onBatch",
  sync: "onSync",
};

/**
 * Functions that hear of what happened: for each event one in a property, and any number by
 * {@linkcode on}.
 *
 * They are called after what they hear of is durable and recorded, when no lock is held, so they may use the
 * workspace. They are called one after the other, the property's first, each when the one before has
 * ended, and the call that caused the event waits for them. One that throws, or that takes longer than
 * `hookTimeout` of the configuration, breaks nothing: {@linkcode onError} is told, or else the console,
 * and the next one is called. They hear of what this `AgentFS` does, not of other processes.
 *
 * @example
 * ```ts
 * import { AgentFS } from "@agentfs/sdk";
 *
 * await using afs = new AgentFS(await Deno.makeTempDir());
 * afs.hooks.onCommit = (workspace, message) => console.log(`${workspace.name}: ${message}`);
 * const remove = afs.hooks.on("snapshot", (_, snapshot) => console.log(snapshot.ref));
 *
 * const workspace = await afs.workspace.create("fix");
 * await workspace.writeFile("/a.txt", "a");
 * await workspace.snapshot.create("before"); // refs/agentfs/fix/snapshots/before
 * remove();
 * await workspace.commit("Add a"); // fix: Add a
 * ```
 */
export class Hooks {
  /** Hears of each workspace that was made. */
  onWorkspaceCreate: HookHandler<"workspaceCreate"> | null = null;
  /** Hears of each workspace that was deleted; of it, only what it was called and what it was for can be asked. */
  onWorkspaceDelete: HookHandler<"workspaceDelete"> | null = null;
  /** Hears of each commit that was made. */
  onCommit: HookHandler<"commit"> | null = null;
  /** Hears of each snapshot that was taken. */
  onSnapshot: HookHandler<"snapshot"> | null = null;
  /** Hears of each restore. */
  onRestore: HookHandler<"restore"> | null = null;
  /** Hears of each command that has ended, also of those that `runStream` and `spawn` started. */
  onRun: HookHandler<"run"> | null = null;
  /** Hears of each batch. */
  onBatch: HookHandler<"batch"> | null = null;
  /** Hears of each push and pull. */
  onSync: HookHandler<"sync"> | null = null;
  /** Hears of each handler that failed; `null`: the console does. */
  onError: ((error: unknown, event: HookEvent) => void) | null = null;

  readonly #timeout: number;
  readonly #registered = new Map<HookEvent, Registered[]>();

  /** Takes how long a handler is waited for, in ms. @internal */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * Has `handler` called at each such event, after those that are there already.
   *
   * @returns what takes it away again.
   * @throws {TypeError} where there is no such event, or the handler is no function.
   */
  on<Event extends HookEvent>(event: Event, handler: HookHandler<Event>): () => void {
    return this.#add(event, handler, false);
  }

  /** Has `handler` called at the next such event only. */
  once<Event extends HookEvent>(event: Event, handler: HookHandler<Event>): () => void {
    return this.#add(event, handler, true);
  }

  /** Takes `handler` away, however often it was given. */
  off<Event extends HookEvent>(event: Event, handler: HookHandler<Event>): void {
    const list = this.#listOf(event);
    this.#registered.set(event, list.filter((one) => one.handler !== handler));
  }

  /** Tells all handlers of an event. Never fails. @internal */
  async emit<Event extends HookEvent>(
    event: Event,
    ...told: [workspace: Workspace, ...WorkspaceEvents[Event]]
  ): Promise<void> {
    const own = this[EVENTS[event]] as HookHandler<Event> | null | undefined;
    if (own !== null && own !== undefined) await this.#call(event, own, told);
    // One that is added meanwhile hears of the next event; one that is taken away meanwhile of none.
    for (const one of this.#listOf(event)) {
      if (!this.#listOf(event).includes(one)) continue;
      if (one.once) this.#remove(event, one);
      await this.#call(event, one.handler as HookHandler<Event>, told);
    }
  }

  #add<Event extends HookEvent>(
    event: Event,
    handler: HookHandler<Event>,
    once: boolean,
  ): () => void {
    checkHandler(event, handler);
    const one: Registered = { handler: handler as HookHandler<never>, once };
    this.#registered.set(event, [...this.#listOf(event), one]);
    return () => this.#remove(event, one);
  }

  #remove(event: HookEvent, one: Registered): void {
    this.#registered.set(event, this.#listOf(event).filter((other) => other !== one));
  }

  #listOf(event: HookEvent): readonly Registered[] {
    if (typeof event === "string" && Object.hasOwn(EVENTS, event)) {
      return this.#registered.get(event) ?? [];
    }
    const known = Object.keys(EVENTS).join(", ");
    const named = typeof event === "string" ? JSON.stringify(event) : `this ${typeName(event)}`;
    throw new TypeError(
      `Cannot hear of ${named}: there is no such event; there are ${known}`,
    );
  }

  async #call<Event extends HookEvent>(
    event: Event,
    handler: HookHandler<Event>,
    told: [workspace: Workspace, ...WorkspaceEvents[Event]],
  ): Promise<void> {
    try {
      checkHandler(event, handler);
      const called = Promise.try(handler, ...told);
      if (await settlesWithin(called, this.#timeout)) await called;
      else {
        throw new AgentFSError(
          `it has not ended after ${this.#timeout} ms, and is no longer waited for; see hookTimeout`,
        );
      }
    } catch (error) {
      this.#report(error, event);
    }
  }

  #report(error: unknown, event: HookEvent): void {
    try {
      if (typeof this.onError === "function") return this.onError(error, event);
    } catch {
      // Then the console is told of what it was to be told.
    }
    nodeConsole().error(`AgentFS: a handler of "${event}" failed: ${messageOf(error)}`);
  }
}

function checkHandler(event: HookEvent, handler: unknown): void {
  if (typeof handler === "function") return;
  throw new TypeError(
    `Cannot hear of "${String(event)}": a handler is a function, not ${typeName(handler)}`,
  );
}
