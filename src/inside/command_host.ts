/**
 * The workspace as its commands meet it.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { FileNotFoundError, NotADirectoryError } from "../errors.ts";
import type { Command } from "../exec/command_line.ts";
import type { CommandHost, Inside, RunSettings, Witness } from "../exec/host.ts";
import type { Detected } from "../exec/detect.ts";
import type { RunOptions } from "../exec/types.ts";
import { attemptStore } from "../platform/failure.ts";
import { ownerOf } from "../git/owner.ts";
import { resolveBeneath } from "../worktree/beneath.ts";
import { compareTrees } from "../worktree/compare.ts";
import { userRulesFile } from "../worktree/rules.ts";
import { stateTree } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";

/** What a {@linkcode WorkspaceHost} is put together from. */
export interface HostParts {
  readonly worktree: Worktree;
  readonly settings: RunSettings;
  readonly detect: () => Promise<Detected>;
  /** Prepares the git of a sandboxed command. */
  readonly enter: () => Promise<Inside>;
  /** Announces a sandboxed command to the file calls. */
  readonly starting: (purpose: string, signal?: AbortSignal) => Promise<Disposable>;
  readonly track: (end: () => Promise<void>) => () => void;
  readonly witness: CommandHost["witness"];
}

/** A workspace for the room of commands. */
export class WorkspaceHost implements CommandHost {
  readonly #parts: HostParts;
  readonly directory: string;
  readonly home: string;
  readonly secrets: readonly string[];
  readonly guarded: readonly string[];
  readonly settings: RunSettings;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { worktree, settings } = parts;
    const { layout } = worktree.base;
    this.directory = worktree.directory;
    this.home = layout.home(worktree.name);
    this.secrets = [layout.dataDirectory, layout.agentfs];
    this.guarded = [layout.commonDirectory];
    this.settings = settings;
  }

  witness(command: Command, options: RunOptions): Promise<Witness> {
    return this.#parts.witness(command, options);
  }

  detect(): Promise<Detected> {
    return this.#parts.detect();
  }

  /** As git reads `GIT_CONFIG_COUNT` (git-config(1)); inside, its own repository tells the rules. */
  gitEnvironment(sandboxed: boolean): Record<string, string> {
    const { base } = this.#parts.worktree;
    const settings: [string, string][] = [];
    if (ownerOf(base.layout.commonDirectory) !== null) settings.push(["safe.directory", "*"]);
    const rules = sandboxed ? null : userRulesFile(base);
    if (rules !== null) settings.push(["core.excludesFile", rules]);
    if (settings.length === 0) return {};
    return Object.fromEntries([
      ["GIT_CONFIG_COUNT", String(settings.length)],
      ...settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ]);
  }

  resolveDirectory(path: string): string {
    const { worktree } = this.#parts;
    worktree.requireDirectory();
    const { stat, path: directory, asked } = resolveBeneath(worktree.directory, path, {
      follow: true,
    });
    if (stat?.isDirectory) return directory;
    const cannot = `Cannot run a command in ${asked}:`;
    if (stat === null) throw new FileNotFoundError(`${cannot} there is no such directory`, asked);
    throw new NotADirectoryError(`${cannot} it is not a directory`, asked);
  }

  hold(purpose: string, sandboxed: boolean, signal?: AbortSignal): Promise<Disposable> {
    const { worktree, starting } = this.#parts;
    worktree.requireOpen();
    return sandboxed ? starting(purpose, signal) : worktree.holdCommand(purpose, signal);
  }

  async enter(): Promise<Inside> {
    const { enter } = this.#parts;
    const { mounts, leave } = await attemptStore("prepare git for a command", enter);
    const action = "take over the commits of a command";
    return { mounts, leave: (limit) => attemptStore(action, () => leave(limit)) };
  }

  async observe(): Promise<() => Promise<Change[]>> {
    const { worktree } = this.#parts;
    const before = await worktree.look();
    return async () => {
      const after = await worktree.look();
      return await compareTrees(stateTree(before.root, "files"), stateTree(after.root, "files"));
    };
  }

  track(end: () => Promise<void>): () => void {
    return this.#parts.track(end);
  }
}
