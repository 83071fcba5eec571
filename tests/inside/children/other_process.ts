/**
 * Works on the files of a workspace as it is told: `<base> <workspace>`. `read PATH` and `write PATH` are
 * calls, `hold MS` is a call on files by this process that takes so long.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";
import { DirectCalls } from "../../../src/inside/direct_calls.ts";

const [base, name] = Deno.args as [string, string];
await using afs = new AgentFS(base, { lockTimeout: 20_000 });
const workspace = await afs.workspace.get(name);
const say = (line: string) => Deno.stdout.write(new TextEncoder().encode(`${line}\n`));

async function obey([verb, argument = ""]: string[]): Promise<string> {
  switch (verb) {
    case "read":
      return (await workspace.readFile(argument)).trim();
    case "write":
      await workspace.writeFile(argument, "written by another process");
      return "done";
    case "hold": {
      const locks = `${base}/.agentfs/store.git/agentfs/locks/${name}`;
      using calls = new DirectCalls({ files: `${locks}.files`, run: `${locks}.run` });
      if (!calls.begin()) throw new Error("A command runs");
      await say("held");
      await new Promise((resolve) => setTimeout(resolve, Number(argument)));
      calls.end();
      return "let go";
    }
    default:
      throw new Error(`There is no ${verb}`);
  }
}

await say("ready");
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const chunk of lines) {
  for (const line of chunk.trim().split("\n")) await say(await obey(line.split(" ")));
}
