/**
 * Programs that try to get out of a sandbox, as root and as an ordinary user. None does; without a sandbox
 * each of them does what it tries, so that this test would tell.
 */

import assert from "node:assert/strict";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";
import type { Bites } from "./attempt.ts";
import { whyNoSandbox } from "./machine.ts";
import { ALL, TABLES, type Tried } from "./tables.ts";

/** An id that no user of this machine has. */
const ORDINARY_USER = "61234";

/** The exit code of an attempt at what this machine does not have. */
const UNAVAILABLE = 75;

const CHECKOUT = new URL("../..", import.meta.url).pathname;
const why = await whyNoSandbox();
const isRoot = Deno.uid() === 0;

/** Runs a program that must succeed. */
async function must(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

/** A directory that any user may enter, with this checkout, Deno's packages and the probe in it. */
async function makeLab(): Promise<TemporaryDirectory> {
  const lab = await temporaryDirectory();
  const { path } = lab;
  await must("gcc", "-O1", "-o", `${path}/probe`, `${CHECKOUT}tests/escape/probe.c`);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await must(
    "sh",
    "-c",
    'cd "$0" && mkdir -p "$1/checkout/tests" "$1/cache" && cp -r mod.ts deno.json deno.lock src ' +
      '"$1/checkout" && cp -r tests/*.ts tests/escape "$1/checkout/tests" && ' +
      'cp -r "$2" "$1/cache/npm" && chmod -R a+rwX "$1"',
    CHECKOUT,
    path,
    npmCache,
  );
  return lab;
}

/** Tries everything, as root or not. */
async function tryAll(lab: string, user: "root" | "user", mode: string): Promise<Tried[]> {
  const directory = `${lab}/${user}-${mode}`;
  await must("mkdir", "-p", `${directory}/outside`, `${directory}/setuid`);
  const secret = `secret-${crypto.randomUUID().slice(0, 16)}`;
  const program = [
    ...[`${lab}/probe`, "launch", secret, `${directory}/outside`],
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-all", "--cached-only"],
    ...["--no-lock", "--config", `${lab}/checkout/deno.json`],
    ...[`${lab}/checkout/tests/escape/children/try_all.ts`, directory, `${lab}/probe`, mode],
  ];
  const changesUser = isRoot && user === "user";
  if (changesUser) {
    await must("cp", `${lab}/probe`, `${directory}/setuid/probe`);
    await must("chown", "-R", `${ORDINARY_USER}:${ORDINARY_USER}`, directory);
    await must("chown", "0:0", `${directory}/setuid/probe`);
    await must("chmod", "4755", `${directory}/setuid/probe`);
    const ids = [`--reuid=${ORDINARY_USER}`, `--regid=${ORDINARY_USER}`, "--clear-groups"];
    program.unshift("setpriv", ...ids);
  }
  const [first = "", ...args] = program;
  const { code, stderr } = await new Deno.Command(first, {
    args,
    cwd: directory,
    clearEnv: true,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: `${directory}/owner`,
      DENO_DIR: `${lab}/cache`,
      AGENTFS_ESCAPE_SECRET: secret,
    },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(await Deno.readTextFile(`${directory}/report.json`));
}

/** What a report has of one attempt. */
function find(report: readonly Tried[], name: string): Tried {
  const found = report.find((tried) => tried.name === name);
  assert.ok(found, `${name} was not tried`);
  return found;
}

for (const user of isRoot ? ["root", "user"] as const : ["user"] as const) {
  const whom: readonly Bites[] = ["everybody", user];
  Deno.test({
    name: `no command gets out of its sandbox, as ${user === "root" ? "root" : "an ordinary user"}`,
    ignore: why !== null,
    async fn(t) {
      await using lab = await makeLab();
      const [held, free] = await Promise.all(
        ["sandboxed", "off"].map((mode) => tryAll(lab.path, user, mode)),
      ) as [Tried[], Tried[]];
      for (const { aim, attempts } of TABLES) {
        await t.step(`to ${aim}`, () => {
          const escaped = attempts.map(({ name }) => find(held, name))
            .filter(({ signs }) => signs.length > 0);
          assert.deepEqual(escaped, []);
        });
        await t.step(`to ${aim}: without a sandbox, each does`, () => {
          const harmless = attempts.filter(({ bites }) => whom.includes(bites));
          const toothless = harmless.map(({ name, sign }) => ({ sign, ...find(free, name) }))
            .filter(({ sign, signs, code }) => !signs.includes(sign) && code !== UNAVAILABLE);
          assert.deepEqual(toothless, []);
        });
      }
    },
  });
}

Deno.test("the attempts are many, and no two have the same name", () => {
  const names = ALL.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 100, `${names.length}`);
});
