import assert from "node:assert/strict";
import { prepareLinks } from "../../src/platform/links.ts";
import { HAS_BUBBLEWRAP } from "../exec/each_sandbox.ts";
import { temporaryDirectory } from "../temporary.ts";

const CHILD = new URL("children/scoped_links.ts", import.meta.url);

const TARGETS = [
  "plain",
  "../up/and/away",
  "/absolute/é and spaces",
  "-dash\nnewline",
  "x".repeat(99),
  "x".repeat(100),
  "x".repeat(101),
  "ü".repeat(700),
  "plain",
];

/** Makes links in a child that may read and write only the directory. */
async function makeScoped(directory: string, ...flags: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      `--allow-read=${directory}`,
      `--allow-write=${directory}`,
      ...flags,
      CHILD.href,
      directory,
      JSON.stringify(TARGETS),
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("prepareLinks() makes links itself where Deno allows that", async () => {
  await using directory = await temporaryDirectory();
  using links = await prepareLinks(["a"], `${directory.path}/staged`);
  links?.make("a", `${directory.path}/link`);
  assert.equal(await Deno.readLink(`${directory.path}/link`), "a");
  assert.throws(() => links?.make("a", `${directory.path}/link`), Deno.errors.AlreadyExists);
});

Deno.test({
  name: "prepareLinks() makes links of any target by bubblewrap under scoped permissions",
  ignore: !HAS_BUBBLEWRAP,
  async fn() {
    await using directory = await temporaryDirectory();
    const { made, count } = JSON.parse(await makeScoped(directory.path, "--allow-run=bwrap"));
    assert.deepEqual(made, TARGETS);
    assert.equal(count, TARGETS.length, "nothing is left of how they were made");
  },
});

Deno.test("prepareLinks() says that it cannot where neither may be", async () => {
  await using directory = await temporaryDirectory();
  assert.equal(await makeScoped(directory.path), "null");
  assert.deepEqual([...Deno.readDirSync(directory.path)], []);
});
