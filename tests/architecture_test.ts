/**
 * Imports point down, one room does not know another, and only `src/platform/` names `Deno`.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = new URL("..", import.meta.url).href;

/** From the ground up; a file may import what is below it, and what is in its own folder. */
const LEVELS: readonly (readonly string[])[] = [
  [
    "src/arguments.ts",
    "src/batch_process.ts",
    "src/changes.ts",
    "src/errors.ts",
    "src/names.ts",
    "src/paths.ts",
  ],
  ["src/platform/", "src/secrets/"],
  ["src/git/", "src/sqlite/"],
  ["src/registry/"],
  ["src/worktree/"],
  ["src/files/", "src/exec/", "src/history/", "src/audit/"],
  ["src/lifecycle/", "src/inside/"],
  ["src/config/", "src/events.ts", "src/recorder.ts"],
  ["src/recorded_files.ts", "src/snapshot_manager.ts"],
  ["src/workspace.ts"],
  ["src/hooks.ts"],
  ["src/live_workspaces.ts"],
  ["src/manager.ts"],
  ["src/agentfs.ts"],
  ["src/testing.ts"],
  ["mod.ts"],
];

/** Words: everybody may import them, and they may import each other. */
const WORDS = LEVELS[0] as readonly string[];

interface Import {
  from: string;
  to: string;
}

/** What `deno info` says of the modules that the two entry points lead to. */
async function imports(): Promise<Import[]> {
  const found = new Map<string, Import>();
  for (const entry of ["mod.ts", "src/testing.ts"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: new URL(ROOT),
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, dependencies = [] } of modules) {
      for (const { code, type } of dependencies) {
        for (const { specifier: target } of [code, type].filter((side) => side !== undefined)) {
          if (!specifier.startsWith(ROOT) || !target?.startsWith(ROOT)) continue;
          const from = specifier.slice(ROOT.length);
          const to = target.slice(ROOT.length);
          found.set(`${from} ${to}`, { from, to });
        }
      }
    }
  }
  return [...found.values()];
}

/** Where a file stands: its level, and its place in it. */
function placeOf(file: string): { level: number; place: string } {
  for (const [level, places] of LEVELS.entries()) {
    const place = places.find((place) => place === file || file.startsWith(place));
    if (place !== undefined) return { level, place };
  }
  throw new Error(`${file} is in no level: give it one in tests/architecture_test.ts`);
}

Deno.test("imports point down, and rooms do not import each other", async () => {
  const all = await imports();
  assert.ok(all.length > 100, `deno info found only ${all.length} imports`);
  const wrong = all.filter(({ from, to }) => {
    const above = placeOf(from);
    const below = placeOf(to);
    if (WORDS.includes(to) && WORDS.includes(from)) return false;
    return above.place !== below.place && below.level >= above.level;
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("no files import each other in a circle", async () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of await imports()) next.set(from, [...next.get(from) ?? [], to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    assert.equal(start, -1, `a circle: ${[...path.slice(start), file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const other of next.get(file) ?? []) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
});

Deno.test("only src/platform/ and src/testing.ts name Deno", async () => {
  const naming: string[] = [];
  for await (const file of sources(new URL("../src/", import.meta.url))) {
    const name = file.href.slice(ROOT.length);
    if (name.startsWith("src/platform/") || name === "src/testing.ts") continue;
    const text = (await Deno.readTextFile(file))
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/\/\/.*$/gm, "");
    if (/\bDeno\./.test(text)) naming.push(name);
  }
  assert.deepEqual(naming, []);
});

Deno.test("the top level has nothing but what it is said to have", async () => {
  const top: string[] = [];
  for await (const { name } of Deno.readDir(fileURLToPath(ROOT))) {
    if (!name.startsWith(".") && name !== "coverage") top.push(name);
  }
  assert.deepEqual(top.sort(), [
    "LICENSE",
    "README.md",
    "deno.json",
    "deno.lock",
    "examples",
    "mod.ts",
    "src",
    "tests",
  ]);
});

async function* sources(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, directory));
    else if (name.endsWith(".ts")) yield new URL(name, directory);
  }
}
