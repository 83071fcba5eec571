/**
 * Secrets that a caller hands in, in every way there is: none of them is found anywhere afterwards.
 */

import assert from "node:assert/strict";
import { AgentFS, Config } from "@agentfs/sdk";
import { makeProject, type Project } from "./project.ts";
import { temporaryDirectory } from "./temporary.ts";

/** What is looked for; put together here, so that no scanner takes this file for a leak. */
const SECRETS = {
  environment: "environment-0c5fQ9vT2k",
  stdin: "stdin-7hWq31LmZx",
  content: "content-Pw8e4Yt6Rb",
  url: "url-5Gd2kVn9Sj",
  query: "query-Xc7uB3mHq1",
  header: "header-Rt4zL8pNw6",
  option: "option-Ka9dF2jVy5",
  assignment: "assignment-Ue3oT7gMc8",
  github: `ghp${"_"}${"a1B2".repeat(9)}`,
  aws: `AKI${"A"}${"Q7RZ".repeat(4)}`,
  record: "record-Nb6xS1wEi4",
  config: "config-Zf5vC8yKd2",
  values: "values-Jm3rP9tGa7",
} as const;

/** Those of a command line are in the arguments of the command itself, where its caller put them. */
const NEVER_ARGUMENTS = [SECRETS.environment, SECRETS.stdin, SECRETS.content];

const COMMANDS = [
  `: curl http://agent:${SECRETS.url}@127.0.0.1:1/`,
  `: curl 'http://127.0.0.1:1/?token=${SECRETS.query}'`,
  `: curl -H 'Authorization: Bearer ${SECRETS.header}' http://127.0.0.1:1/`,
  [":", "--password", SECRETS.option],
  ["sh", "-c", `:; API_KEY=${SECRETS.assignment} true`],
  `: ${SECRETS.github} ${SECRETS.aws}`,
];

/** Uses every secret; gives all that was said and can be looked at. */
async function useSecrets({ afs, path }: Project): Promise<unknown[]> {
  const seen: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    seen.push(await work().catch((error) => error));
  };
  const workspace = await afs.workspace.create("w");
  await workspace.writeFile("/secret.txt", SECRETS.content);
  seen.push(workspace, workspace.snapshot, workspace.audit, afs, afs.hooks, afs.config);
  await attempt(() => workspace.writeFile("/a/../../b", SECRETS.content));
  await attempt(() => workspace.batch([{ type: "write", path: "/b", content: SECRETS.content }]));
  await attempt(() => workspace.snapshot.create("s"));
  for (const command of COMMANDS) await attempt(() => workspace.run(command));
  await attempt(() => workspace.run([`no-such-program`, "--token", SECRETS.option]));
  await attempt(async () => {
    await using process = await workspace.spawn("cat > /dev/null", {
      env: { A_NAME: SECRETS.environment },
    });
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(SECRETS.stdin));
    assertNotIn(processArguments(), NEVER_ARGUMENTS, "the arguments of a process");
    await writer.close();
    return process;
  });
  await attempt(() => workspace.audit.record("tool", { password: SECRETS.record }));
  await attempt(() => workspace.commit("Work"));
  const file = `${path}-config.toml`;
  for (
    const text of [
      `tokn = "${SECRETS.config}"`,
      `run = "${SECRETS.config}`,
      `store = "${SECRETS.config}"`,
    ]
  ) {
    await Deno.writeTextFile(file, text);
    await attempt(() => Config.load(file));
    await attempt(() =>
      Promise.resolve(seen.at(-1) instanceof Error ? null : assert.fail("no error"))
    );
  }
  await Deno.remove(file);
  for (
    const values of [{ store: SECRETS.values }, { author: `${SECRETS.values}\n` }, {
      [SECRETS.values.slice(0, 6)]: SECRETS.values,
    }]
  ) {
    await attempt(() => Promise.try(() => new AgentFS(path, values as never)));
  }
  return seen;
}

function processArguments(): string {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`);
    } catch {
      return "";
    }
  }).join("\n");
}

function assertNotIn(text: string, secrets: readonly string[], where: string): void {
  for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${where}`);
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

Deno.test("no secret is in the database, an export, an error, a public object or an argument", async () => {
  await using project = await makeProject();
  await using exports = await temporaryDirectory();
  const secrets = Object.values(SECRETS);
  const seen = await useSecrets(project);
  for (const thing of seen) {
    // What a command printed is its own; here none prints anything.
    const inspected = Deno.inspect(thing, { depth: 20, iterableLimit: 1000 });
    assertNotIn(inspected, secrets, inspected);
    if (thing instanceof Error) {
      assertNotIn(`${thing.stack} ${JSON.stringify(thing)}`, secrets, "an error");
    }
  }
  const { audit } = await project.workspace("w");
  for (const format of ["json", "jsonl", "csv"] as const) {
    const file = `${exports.path}/audit.${format}`;
    assert.ok((await audit.export(file, { format })).entries > 20);
    assertNotIn(await Deno.readTextFile(file), secrets, file);
  }
  const found = [];
  for (const { details } of await audit.logs()) found.push(JSON.stringify(details));
  assert.match(found.join("\n"), /\[redacted\]/);
  await project.afs.close();
  const ours = `${project.path}/.agentfs/store.git/agentfs`;
  const files = [...Deno.readDirSync(ours)].filter(({ name }) => name.startsWith("agentfs.db"));
  assert.ok(files.length > 0);
  for (const { name } of files) {
    assertNotIn(latin1(Deno.readFileSync(`${ours}/${name}`)), secrets, name);
  }
});
