/**
 * What whole programs take: the time until the library is there, and memory. Each is a process of its own.
 *
 * @module
 */

import { median } from "./results.ts";

/** How much of the machine's memory a program of `children/` or of the tests' own took, in MB. */
export async function memoryOf(program: string, ...args: string[]): Promise<number> {
  const path = new URL(program, import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path, ...args],
  }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  const { bytes }: { bytes: number } = JSON.parse(new TextDecoder().decode(stdout));
  return bytes / 1e6;
}

/** How much longer Deno takes for a program that imports `mod.ts` than for an empty one, in ms. */
export async function importTime(directory: string, rounds: number): Promise<number> {
  const empty = `${directory}/empty.ts`;
  Deno.writeTextFileSync(empty, "export {};\n");
  const library = new URL("../../mod.ts", import.meta.url).pathname;
  const differences: number[] = [];
  // The first round puts both into Deno's cache.
  for (let round = -1; round < 2 * rounds; round++) {
    const without = await timeToRun(empty);
    const difference = await timeToRun(library) - without;
    if (round >= 0) differences.push(difference);
  }
  return median(differences);
}

async function timeToRun(program: string): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program],
  }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - start;
}
