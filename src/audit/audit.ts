/**
 * `workspace.audit`, and `audit` of a whole base.
 *
 * @module
 */

import { checkOptions, typeName } from "../arguments.ts";
import { absolutePath } from "../platform/absolute_path.ts";
import { attemptStore } from "../platform/failure.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { type Head, hexOf } from "./chain.ts";
import { readFilter } from "./filter.ts";
import { keptHeads } from "./head_ref.ts";
import type { AuditLog } from "./log.ts";
import { checkOwnDetails, checkOwnOperation } from "./own_entry.ts";
import type {
  AuditEntry,
  AuditExportOptions,
  AuditFilter,
  AuditHead,
  AuditVerification,
} from "./types.ts";

/** The workspace whose entries an {@linkcode Audit} shows. */
export interface AuditedWorkspace {
  /** Its name. */
  readonly name: string;
  /** The id of its record. */
  readonly id: string;
  /** The agent that it belongs to. */
  readonly agentId: string | null;
}

/** What an {@linkcode Audit} reads. */
interface AuditSource {
  readonly base: OpenBase;
  readonly log: AuditLog;
}

/**
 * What was done in a workspace, in order: every operation with its moment, its path and what came of it.
 * `afs.audit` is the same over all workspaces, also those that are deleted.
 *
 * The log is one chain over the whole base, kept in SQLite beside the git store. Each entry carries a
 * hash of itself and of the hash before it, so {@linkcode verify} finds what was changed.
 *
 * Needs `--allow-read` and `--allow-write` for the base.
 */
export class Audit {
  readonly #source: () => Promise<AuditSource>;
  readonly #workspace: AuditedWorkspace | null;

  /** @internal `source` is asked at each call. */
  constructor(source: () => Promise<AuditSource>, workspace: AuditedWorkspace | null) {
    this.#source = source;
    this.#workspace = workspace;
  }

  /**
   * The entries that are wanted, oldest first.
   *
   * @param filter which; with a `limit`, the newest of them, or with `after` the first behind that id.
   * @throws {TypeError} where the filter has something that is none, or of the wrong type.
   * @throws {RangeError} where `limit` or `after` is no whole number, or a pattern costs too much.
   */
  async logs(filter: AuditFilter = {}): Promise<AuditEntry[]> {
    return (await Array.fromAsync(this.#pages("read the audit log", filter))).flat();
  }

  /**
   * The same, one after the other: however many they are, a few hundred are in memory. Entries that are
   * made meanwhile are not among them.
   */
  async *stream(filter: AuditFilter = {}): AsyncGenerator<AuditEntry> {
    for await (const page of this.#pages("read the audit log", filter)) yield* page;
  }

  /**
   * Writes the entries that are wanted into a file of this machine, which nobody else can read: one JSON
   * array, a JSON object a line, or comma-separated values with a header. Moments are in ISO 8601. The
   * file is there whole, or as it was before.
   *
   * Values are exact: a spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Do
   * not open comma-separated values of hostile input in one; use `jsonl`.
   *
   * @throws {TypeError} as {@linkcode logs}, and where there is no such format.
   * @throws {StoreError} where the file cannot be written.
   */
  async export(file: string | URL, options: AuditExportOptions = {}): Promise<{ entries: number }> {
    const path = filePath(file);
    if (typeName(options) !== "object") {
      checkOptions<AuditExportOptions>("export the audit log", options, NO_OPTIONS);
    }
    const { format, ...filter } = options;
    const { formatOf, writeEntries } = await import("./export.ts");
    const chosen = formatOf(path, format);
    return await attemptStore(`export the audit log to ${path}`, async () => {
      const pages = this.#pages("export the audit log", filter);
      return { entries: await writeEntries(path, chosen, pages) };
    });
  }

  /**
   * Makes an entry of the agent's own: a tool call, a decision.
   *
   * Values that look like secrets are replaced by `[redacted]`, and texts of over 8,192 characters are cut.
   *
   * @param operation what was done, in 1 to 200 characters; none of the words that this library uses.
   * @param details what there is to say, as plain JSON of at most 64 KiB.
   * @throws {TypeError} where either cannot be entered.
   * @throws {RangeError} where the details are too large.
   */
  async record(operation: string, details?: Record<string, unknown>): Promise<AuditEntry> {
    checkOwnOperation(operation);
    if (details !== undefined) checkOwnDetails(details);
    const { log } = await this.#source();
    return await log.append({
      workspace: this.#workspace?.name ?? "",
      workspaceId: this.#workspace?.id ?? "",
      agentId: this.#workspace?.agentId ?? null,
      operation,
      path: null,
      details: details ?? null,
    });
  }

  /**
   * Checks the whole chain: that no entry was edited, deleted, inserted or moved, that it leads to every
   * head that is known, and that filters find what is there. Known are the head that is given, those
   * that this process has seen, and those in the refs of workspaces, deleted ones too.
   *
   * What a chain without a secret key cannot show: that somebody who can write the files of the base cut
   * off the newest entries and the refs with them, put back an older copy of all of it, or computed
   * the chain anew from some entry on. Against that, keep {@linkcode head} where they cannot write,
   * and hand it in. Nor does it show that what was entered is true, or that something was not.
   *
   * They can also remove the oldest entries in the way that `audit.retentionDays` does, whatever heads
   * are known: an entry `audit.prune` tells of it. Where nobody has set that, such an entry is a forgery.
   *
   * @returns whether all is well, how many entries there are of this workspace, and the id of the first
   * entry of the base that is missing or not as it was.
   * @throws {StoreError} where the database or a ref is so damaged that it cannot be read.
   */
  async verify(options: { head?: AuditHead } = {}): Promise<AuditVerification> {
    const { head, ...others } = options;
    checkOptions("verify the audit log", others, {});
    const given = head === undefined ? [] : [givenHead(head)];
    const { base, log } = await this.#source();
    return await attemptStore("verify the audit log", async () => {
      const { verifyLog } = await import("./verify.ts");
      const heads = [...given, ...log.remembered, ...keptHeads(base)];
      return await verifyLog(log, this.#workspace?.id ?? null, heads);
    });
  }

  /** The newest entry of the base, as a number that stands for all before it: to keep elsewhere. */
  async head(): Promise<AuditHead> {
    const { log } = await this.#source();
    const { id, hash } = await log.head();
    return { id, hash: hexOf(hash) };
  }

  async *#pages(action: string, filter: AuditFilter): AsyncGenerator<AuditEntry[]> {
    const criteria = readFilter(action, filter);
    const { readPages } = await import("./query.ts");
    const { log } = await this.#source();
    yield* readPages(log, this.#workspace?.id ?? null, criteria);
  }
}

/** For the message about options that are no object. */
const NO_OPTIONS = {} as never;

function filePath(file: string | URL): string {
  const path = absolutePath(file);
  if (path !== null) return path;
  throw new TypeError("Cannot export the audit log: file is a path or a file: URL");
}

function givenHead(head: AuditHead): Head {
  const { id, hash } = head ?? {};
  if (
    Number.isSafeInteger(id) && id >= 0 && typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)
  ) {
    return { id, hash: Uint8Array.fromHex(hash) };
  }
  throw new TypeError(
    "Cannot verify the audit log: head is what head() gave, an id and a hash of 64 hexadecimal digits",
  );
}
