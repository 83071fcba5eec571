/**
 * From a directory to a commit: make a workspace, run a command in it, look at what changed, commit.
 *
 * Run it with `deno run -A examples/quickstart.ts [directory]`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { AgentFS, renderDiff } from "@agentfs/sdk";

const directory = Deno.args[0] ?? await Deno.makeTempDir();

await using afs = new AgentFS(directory);
await using workspace = await afs.workspace.temp("quickstart");

const result = await workspace.run("echo Hello from AgentFS > hello.txt; cat hello.txt");
console.log(`exit code ${result.code}, in the sandbox "${result.sandbox}": ${result.stdout}`);

await workspace.snapshot.create("hello");
await workspace.writeFile("/hello.txt", "Goodbye\n");
console.log(renderDiff(await workspace.diff({ against: "hello" })));

await workspace.snapshot.restore("hello");
const { oid, changes } = await workspace.commit("Say hello");
console.log(`committed ${oid.slice(0, 7)}: ${changes.map(({ path }) => path).join(" ")}`);
