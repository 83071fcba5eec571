/**
 * Reads a file again and again until another one is there. The file is one letter, `size` times;
 * whatever else it is at a moment, is reported as torn.
 *
 * @module
 */

const [file, stop, size] = Deno.args as [string, string, string];
const torn: string[] = [];
const seen = new Set<string>();
let reads = 0;

Deno.stdout.writeSync(new TextEncoder().encode("reading\n"));
for (;; reads++) {
  const text = Deno.readTextFileSync(file);
  const letter = text.charAt(0);
  seen.add(letter);
  if (text !== letter.repeat(Number(size))) torn.push(`${text.length} bytes from ${letter}`);
  if (reads % 10 === 0 && exists(stop)) break;
}
const report = JSON.stringify({ reads, torn, seen: seen.size });
Deno.stdout.writeSync(new TextEncoder().encode(report));

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
