/**
 * Appends entries to the log at the path named first, as many as said, or until it is killed; prints
 * the id of each once it is there.
 *
 * @module
 */

import { draft, openLog } from "../ground.ts";

const [path, name, count] = Deno.args as [string, string, string];
using log = await openLog(path, 60_000);
const encoder = new TextEncoder();
for (let done = 0; done < Number(count); done++) {
  const { id } = await log.append(draft({ path: `/${name}/${done}` }));
  Deno.stdout.writeSync(encoder.encode(`${id} /${name}/${done}\n`));
}
