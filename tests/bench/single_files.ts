/**
 * What AgentFS does with single files of 4 KB, beside Deno's own calls.
 *
 * @module
 */

import type { Workspace } from "@agentfs/sdk";
import type { Comparison, Contender } from "./rounds.ts";

const FILES = 500;
const FILES_PER_DIRECTORY = 50;
const BYTES = 4096;

const content = new TextEncoder().encode("const answer = 42;\n".repeat(BYTES)).slice(0, BYTES);

/** One way to do something with the file at a path. */
type Call = readonly [what: string, call: (path: string) => unknown];

/** The comparisons of file operations; `raw` is a directory for Deno's own calls. */
export function fileOperations(workspace: Workspace, raw: string): Comparison[] {
  const compare = (name: string, [ourWhat, ours]: Call, [theirWhat, theirs]: Call): Comparison => {
    const isNew = name.includes("new");
    return {
      name,
      times: FILES,
      ours: repeating(ourWhat, workspace.path, isNew, ours),
      theirs: repeating(theirWhat, raw, isNew, (path) => theirs(raw + path)),
    };
  };
  const write: Call = ["writeFile()", (path) => workspace.writeFile(path, content)];
  const writeRaw: Call = ["writeFileSync()", (path) => Deno.writeFileSync(path, content)];
  return [
    compare("write a new file", write, writeRaw),
    compare("write over a file", write, writeRaw),
    compare(
      "read a file",
      ["readFile()", (path) => workspace.readFile(path)],
      ["readTextFileSync()", Deno.readTextFileSync],
    ),
    compare(
      "look at a file",
      ["stat()", (path) => workspace.stat(path)],
      ["statSync()", Deno.statSync],
    ),
    compare(
      "move a file",
      ["move()", (path) => workspace.move(path, `${path}.moved`)],
      ["renameSync()", (path) => Deno.renameSync(path, `${path}.moved`)],
    ),
    compare(
      "delete a file",
      ["delete()", (path) => workspace.delete(path)],
      ["removeSync()", (path) => Deno.removeSync(path)],
    ),
  ];
}

/** Calls `call` with the paths of files below `root`, which are others in each round. */
function repeating(
  what: string,
  root: string,
  isNew: boolean,
  call: (path: string) => unknown,
): Contender {
  let paths: string[];
  return {
    what,
    prepare: () => {
      paths = layFiles(root, isNew);
    },
    run: async () => {
      for (const path of paths) await call(path);
    },
  };
}

let laid = 0;

/** Makes directories below `root` and, unless they are to be new, files in them; returns the paths. */
function layFiles(root: string, areNew: boolean): string[] {
  const directory = `/files${++laid}`;
  const paths: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const part = `${directory}/part${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(root + part, { recursive: true });
    if (!areNew) Deno.writeFileSync(`${root}${part}/file${i}.ts`, content);
    paths.push(`${part}/file${i}.ts`);
  }
  return paths;
}
