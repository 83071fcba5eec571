/**
 * Rewrites the files of a directory for as long as its stdin is open: `renamed` is replaced as a whole,
 * `log` grows by lines, `small` is written in place. Each content says of itself whether it is whole.
 *
 * @module
 */

const directory = Deno.args[0]!;
const encoder = new TextEncoder();
let stopped = false;
const stdin = Deno.stdin.readable.pipeTo(new WritableStream()).then(() => stopped = true);
using log = Deno.openSync(`${directory}/log`, { append: true, create: true });
for (let round = 0; !stopped; round++) {
  const line = `${round}`.padStart(9, "0");
  Deno.writeTextFileSync(`${directory}/../next`, `${line}\n`.repeat(1 + round % 3000));
  Deno.renameSync(`${directory}/../next`, `${directory}/renamed`);
  log.writeSync(encoder.encode(`${line}\n`));
  using small = Deno.openSync(`${directory}/small`, { write: true, create: true });
  small.writeSync(encoder.encode(`${line} ${line}\n`));
  if (round === 0) Deno.stdout.writeSync(encoder.encode("started\n"));
  await new Promise((resolve) => setTimeout(resolve, 0));
}
await stdin;
