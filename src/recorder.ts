/**
 * Leaves one entry in the audit log for each call on a workspace, whatever becomes of the call.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import type { AuditLog } from "./audit/log.ts";
import type { AuditDetails } from "./audit/types.ts";
import type { Change, FileEffect } from "./changes.ts";
import { AgentFSError, CommandError, StoreError } from "./errors.ts";
import type { BatchEffect } from "./files/batch_effect.ts";
import { commandText } from "./exec/command_line.ts";
import type { End } from "./exec/host.ts";
import type { RunOptions } from "./exec/types.ts";
import { randomId } from "./names.ts";
import { messageOf } from "./platform/failure.ts";

/** So many changed paths, or operations of a batch, are told of one by one. */
const MAX_TOLD = 1000;

/** Whose calls are recorded. */
export interface Subject {
  readonly name: string;
  /** Tells the workspace from others of the same name; `""` where there is none. */
  readonly id: string;
  readonly agentId: string | null;
}

/** Which calls are recorded. */
export interface RecorderSettings {
  /** Those that read contents. */
  readonly reads: boolean;
  /** Those that only look. */
  readonly looks: boolean;
}

/** What is recorded of a call, whatever becomes of it. */
export interface Call {
  readonly operation: string;
  /** The path as the caller gave it. */
  readonly path?: unknown;
  readonly details?: AuditDetails;
}

/** Records the calls on one workspace. */
export class Recorder {
  readonly #log: AuditLog | null;
  readonly #subject: Subject;
  readonly #settings: RecorderSettings;

  /** Without a log nothing is recorded. */
  constructor(log: AuditLog | null, subject: Subject, settings: RecorderSettings) {
    this.#log = log;
    this.#subject = subject;
    this.#settings = settings;
  }

  /** Does what changes something, and records it before its result is known. */
  async change<T>(
    call: Call,
    work: () => T | Promise<T>,
    tell: (result: T) => AuditDetails = nothing,
  ): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.failed(call, error);
      throw error;
    }
    const recorded = this.done(call, tell(result));
    if (recorded !== undefined) await recorded;
    return result;
  }

  /** Does what reads contents. */
  read<T>(call: Call, work: () => Promise<T>, tell?: (result: T) => AuditDetails): Promise<T> {
    return this.#settings.reads ? this.change(call, work, tell) : work();
  }

  /** Does what only looks. */
  look<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return this.#settings.looks ? this.change(call, work) : work();
  }

  /**
   * Records a call that has succeeded; at once, where nobody has the log locked.
   *
   * @throws {StoreError} where it cannot be recorded.
   */
  done(call: Call, told: AuditDetails = {}): Promise<void> | void {
    const path = rootedPath(call.path);
    const details: AuditDetails = { ...call.details, ...told };
    if (details.resolved === path || details.resolved === call.path) details.resolved = undefined;
    return this.#record(call, path, details, "though it was done");
  }

  /** Records a call that has failed. That the log cannot be written is less than what failed. */
  async failed(call: Call, error: unknown, details?: AuditDetails): Promise<void> {
    try {
      const path = rootedPath(call.path);
      await this.#add(call, path, { ...call.details, ...details, error: describe(error) });
    } catch {
      // The caller hears of the call's own failure.
    }
  }

  /** Records that a command is asked for, and gives what records how it ended. */
  async command(
    command: unknown,
    options: RunOptions | undefined,
  ): Promise<(end: End) => Promise<void>> {
    const run = randomId(8);
    const call = { operation: "run", details: { run, command: shownCommand(command) } };
    const details = { ...call.details, phase: "start", ...optionsOf(options) };
    await this.#record(call, null, details, "so it was not done");
    return async ({ result, failure }) => {
      const details: AuditDetails = {
        phase: "end",
        ...(result !== null && {
          code: result.code,
          signal: result.signal,
          duration: Math.round(result.duration),
          sandbox: result.sandbox,
          timedOut: result.timedOut,
          truncated: result.truncated,
          limit: result.limit,
          ...changesOf(result.changes),
        }),
      };
      if (result === null) return await this.failed(call, failure?.reason, details);
      await this.done(
        call,
        failure === null ? details : {
          ...details,
          error: describe(failure.reason),
        },
      );
    };
  }

  #record(
    call: Call,
    path: string | null,
    details: AuditDetails,
    otherwise: string,
  ): Promise<void> | void {
    const failed = (cause: unknown): never => {
      const said = messageOf(cause);
      throw new StoreError(
        `Cannot record "${call.operation}" in the audit log, ${otherwise}: ${said}`,
        { cause },
      );
    };
    try {
      const added = this.#add(call, path, details);
      if (added instanceof Promise) return added.then(() => {}, failed);
    } catch (cause) {
      failed(cause);
    }
  }

  #add({ operation }: Call, path: string | null, details: AuditDetails): unknown {
    if (this.#log === null) return;
    const { name, id, agentId } = this.#subject;
    return this.#log.add({
      workspace: name,
      workspaceId: id,
      agentId,
      operation,
      path,
      details: Object.keys(details).length === 0 ? null : details,
    });
  }
}

/** What is told of a call that changed one path: also where that led, which links may decide. */
export function effectOf({ path, ...effect }: FileEffect): AuditDetails {
  return { ...effect, resolved: path };
}

/** What is told of a batch: how many operations it had, and the first of them one by one. */
export function batchOf(effects: readonly BatchEffect[]): AuditDetails {
  return { count: effects.length, operations: effects.slice(0, MAX_TOLD) };
}

/** What is told of many changes: how many, and the first of them one by one. */
export function changesOf(changes: readonly Change[]): AuditDetails {
  return {
    changed: changes.length,
    changes: changes.slice(0, MAX_TOLD).map(({ type, path, oldPath, oldOid, newOid }) => ({
      type,
      path,
      ...(oldPath !== null && { from: oldPath }),
      oidBefore: oldOid,
      oidAfter: newOid,
    })),
  };
}

function nothing(): AuditDetails {
  return {};
}

/** A path for the log: rooted, whatever it was; `null` where it is none. */
function rootedPath(path: unknown): string | null {
  if (typeof path !== "string") return null;
  const rooted = path.startsWith("/") ? path : `/${path}`;
  // Another spelling hides nothing. Where `..` leads, links decide.
  if (!/\/(?:\.?\/|\.?$)/.test(rooted) || /(?:^|\/)\.\.(?:\/|$)/.test(rooted)) return rooted;
  return `/${rooted.split("/").filter((name) => name !== "" && name !== ".").join("/")}`;
}

function describe(error: unknown): string {
  const kind = error instanceof AgentFSError ? error.code : (error as Error)?.name ?? "Error";
  // What a command said is no part of the log.
  const said = error instanceof CommandError ? error.message.split(":\n", 1)[0] : messageOf(error);
  return `${kind}: ${said}`;
}

/** A command as it is recorded; what is none is told by its type. */
function shownCommand(command: unknown): string {
  const isCommand = typeof command === "string" ||
    Array.isArray(command) && command.every((word) => typeof word === "string");
  return isCommand ? commandText(command) : typeName(command);
}

/** What of a command's options is recorded: no value of the environment, and no input. */
function optionsOf(options: RunOptions | undefined): AuditDetails {
  if (typeName(options) !== "object") return {};
  const { workdir = "/", timeout, env, permissions, limits } = options as RunOptions;
  return {
    workdir: plain(workdir),
    ...(timeout !== undefined && { timeout: plain(timeout) }),
    ...(typeName(env) === "object" && { env: Object.keys(env ?? {}) }),
    ...(permissions !== undefined && { permissions: plain(permissions) }),
    ...(limits !== undefined && { limits: plain(limits) }),
  };
}

/** A value that was not checked yet, as JSON can hold it. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return typeName(value);
  }
}
