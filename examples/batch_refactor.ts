/**
 * A refactoring over many files that happens wholly or not at all.
 *
 * Run it with `deno run -A examples/batch_refactor.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { FileNotFoundError } from "@agentfs/sdk";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";

const files: Record<string, string> = { "/src/color.ts": "export const color = 'red';\n" };
for (let number = 1; number <= 20; number++) {
  files[`/src/part${number}.ts`] = `import { color } from "./color.ts";\nexport default color;\n`;
}
await using temporary = await TemporaryWorkspace.create({ files });
const { workspace } = temporary;

// Read the sources, four at a time; what comes back is in their order.
const sources = (await workspace.listDir("/src")).map(({ path }) => path);
const edited = new Map<string, string>();
const read = async (path: string): Promise<string> => await workspace.readFile(path);
for await (const { path, value, error } of workspace.batchProcess(sources, read)) {
  if (error !== undefined) throw error;
  const text = value!.replaceAll("color", "colour");
  if (text !== value) edited.set(path!, text);
}

// A batch that fails half-way changes nothing.
try {
  await workspace.batch((batch) => {
    for (const [path, text] of edited) batch.writeFile(path, text);
    batch.move("/src/kolor.ts", "/src/colour.ts");
  });
} catch (error) {
  if (!(error instanceof FileNotFoundError)) throw error;
  console.log(error.message);
}
console.log(`${(await workspace.status()).modified.length} files changed so far`);

await workspace.batch((batch) => {
  for (const [path, text] of edited) batch.writeFile(path, text);
  batch.move("/src/color.ts", "/src/colour.ts");
});
const { stats } = await workspace.diff();
console.log(`${stats.files} files changed, +${stats.insertions} -${stats.deletions}`);
