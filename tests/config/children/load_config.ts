/**
 * Loads a configuration, and says what came of it.
 *
 * @module
 */

import { Config } from "../../../src/config/config.ts";

const said = await Config.load(Deno.args[0]!).then(
  ({ cacheSize, dataDir }) => `${cacheSize} ${dataDir}`,
  ({ name, message }) => `${name} ${message}`,
);
Deno.stdout.writeSync(new TextEncoder().encode(said));
