/**
 * One base in one state, as often as it is needed, for changes in which something goes wrong.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { temporaryDirectory } from "../temporary.ts";
import { makeBase } from "./changes.ts";
import { type Fault, FaultShim, type Outcome } from "./fault.ts";
import { isSame, type Outline, outlineOf } from "./outline.ts";
import { checkRemains } from "./remains.ts";

/** What shows of a base. */
export type View = Record<string, Outline>;

/** A base that is put back to where it was. */
export class FaultLab implements AsyncDisposable {
  readonly base: string;
  readonly #directory: AsyncDisposable & { readonly path: string };
  readonly #shim: FaultShim;

  private constructor(directory: AsyncDisposable & { path: string }, shim: FaultShim) {
    this.base = `${directory.path}/base`;
    this.#directory = directory;
    this.#shim = shim;
  }

  /** Makes the base: a repository, or what `make` makes. */
  static async open(make = makeBase): Promise<FaultLab> {
    const directory = await temporaryDirectory();
    const lab = new FaultLab(directory, await FaultShim.build(directory.path));
    await make(lab.base);
    await Deno.rename(lab.base, lab.#template);
    return lab;
  }

  get #template(): string {
    return `${this.#directory.path}/template`;
  }

  /** Puts the base back to where it was. */
  async reset(): Promise<void> {
    await Deno.remove(this.base, { recursive: true }).catch(() => {});
    const args = ["-a", this.#template, this.base];
    assert.ok((await new Deno.Command("cp", { args }).output()).success);
  }

  /** Makes a change of the base as it is, with something going wrong. */
  async change(change: string, fault?: Fault): Promise<Outcome> {
    return await this.#shim.run(this.base, change, fault);
  }

  /** Makes a change of the base as it was, with something going wrong. */
  async run(change: string, fault?: Fault): Promise<Outcome> {
    await this.reset();
    return await this.change(change, fault);
  }

  /** What shows of the base when it is opened anew. Nothing is left of what went wrong then. */
  async look(): Promise<View> {
    const view = await this.#open();
    await checkRemains({ base: this.base, store: this.store }, Object.keys(view));
    return view;
  }

  /** The git store of the base. */
  get store(): string {
    const repository = `${this.base}/.git`;
    return isThere(repository) ? repository : `${this.base}/.agentfs/store.git`;
  }

  async #open(): Promise<View> {
    await using afs = new AgentFS(this.base);
    return await outlineOf(await afs.workspace.list());
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#directory[Symbol.asyncDispose]();
  }
}

/** Which of `count` calls are to go wrong, counted from 1: one of each stretch, or all of them. */
export function pointsAmong(count: number, sample: number): number[] {
  const stretches = isThorough() ? count : Math.min(count, sample);
  return Array.from({ length: stretches }, (_, index) => {
    return 1 + Math.floor((index + Math.random()) * count / stretches);
  });
}

/** Whether somebody asks for everything, which takes minutes. */
export function isThorough(): boolean {
  const variable = "AGENTFS_KILLS";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Number(Deno.env.get(variable)) >= 300;
}

/** Checks that one of the two views is there. */
export function checkOldOrNew(found: View, before: View, after: View, message: string): void {
  if (!isSame(found, after)) assert.deepEqual(found, before, message);
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
