/**
 * An open base without workspaces around it, for tests of what is below them.
 *
 * @module
 */

import { OpenBase, type Settings } from "../../src/registry/open_base.ts";

/** Opens the base at `path`, with settings as far as they matter. */
export async function openBase(path: string, settings: Partial<Settings> = {}): Promise<OpenBase> {
  return await OpenBase.open(path, {
    lockTimeout: 10_000,
    cacheBytes: 1 << 20,
    exclude: [],
    author: null,
    dataDirectory: null,
    store: "auto",
    ...settings,
  });
}
