/** Makes links under scoped permissions: `<directory> <targets as JSON>`; prints what was made. */

import { prepareLinks } from "../../../src/platform/links.ts";

const [directory = "", targets = "[]"] = Deno.args;
const wanted: string[] = JSON.parse(targets);
const links = await prepareLinks(wanted, `${directory}/staged`);
const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
if (links === null) say("null");
else {
  for (const [index, target] of wanted.entries()) links.make(target, `${directory}/${index}`);
  links[Symbol.dispose]();
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  const made = wanted.map((_, index) => Deno.readLinkSync(`${directory}/${index}`));
  say(JSON.stringify({ count: names.length, made }));
}
