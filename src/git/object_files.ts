/**
 * A file system for isomorphic-git in which nothing is but objects.
 *
 * isomorphic-git reads and writes objects as loose files, one each. Here such a file is made when it
 * is read and taken apart when it is written, while the objects themselves go through our store:
 * checked, out of packs and alternates, and into the one pack of a transaction.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { PromiseFsClient } from "isomorphic-git";
import { StoreError } from "../errors.ts";
import { nodeZlib } from "../platform/builtin.ts";
import type { GitObject, ObjectType } from "./object.ts";

/** What to give to isomorphic-git as `gitdir`; there is no such directory. */
export const GIT_DIRECTORY = "/git";

const OBJECT_PATH = /^\/git\/objects\/([0-9a-f]{2})\/([0-9a-f]{38})$/;
const HEADER = /^(blob|tree|commit|tag) \d+$/;

/** The file system to give to isomorphic-git as `fs`: it reads what is in `objects` and adds to it. */
export function objectFiles(objects: Map<string, GitObject>): PromiseFsClient {
  const readFile = (path: string): Promise<Uint8Array> => {
    const object = objects.get(oidOf(path) ?? "");
    return object === undefined ? missing(path) : Promise.resolve(toLooseFile(object));
  };
  const writeFile = (path: string, file: Uint8Array): Promise<void> => {
    const oid = oidOf(path);
    if (oid === null) return missing(path);
    objects.set(oid, fromLooseFile(file));
    return Promise.resolve();
  };
  return {
    promises: {
      readFile,
      writeFile,
      mkdir: missing,
      rmdir: missing,
      unlink: missing,
      stat: missing,
      lstat: missing,
      readdir: missing,
      readlink: missing,
      symlink: missing,
    },
  };
}

function missing(path: string): Promise<never> {
  const error = new Error(`Cannot find ${path}: there are only objects here`);
  return Promise.reject(Object.assign(error, { code: "ENOENT" }));
}

function oidOf(path: string): string | null {
  const [, directory, file] = OBJECT_PATH.exec(path) ?? [];
  return directory === undefined ? null : `${directory}${file}`;
}

function toLooseFile({ type, data }: GitObject): Uint8Array {
  const header = Buffer.from(`${type} ${data.length}\0`);
  // The file lives for a moment only, so it is not worth the time to compress it.
  return nodeZlib().deflateSync(Buffer.concat([header, data]), { level: 0 });
}

function fromLooseFile(file: Uint8Array): GitObject {
  const content = nodeZlib().inflateSync(file);
  const nul = content.indexOf(0);
  const type = HEADER.exec(content.toString("latin1", 0, nul))?.[1];
  if (type === undefined) throw new StoreError("Cannot write an object: it has no valid header");
  return { type: type as ObjectType, data: content.subarray(nul + 1) };
}
