import * as assert from "node:assert/strict";
import { detectSandbox } from "../../src/exec/detect.ts";
import { type SandboxSupport, sandboxSupport } from "../../src/exec/support.ts";
import { HAS_BUBBLEWRAP, IS_ROOT } from "./each_sandbox.ts";
import { runScript, SOURCE } from "./host.ts";
import { programs } from "./programs.ts";

const HELD_WITHOUT = ["env", "outputBytes", "memoryBytes", "cpuSeconds", "fileBytes"];

Deno.test({
  name: "sandboxSupport() says what this machine holds, and why not more",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    const { sandbox, version, holds, missing } = await sandboxSupport();
    assert.equal(sandbox, "bubblewrap");
    assert.match(version ?? "", /^\d+\.\d+/);
    assert.deepEqual(holds.slice(0, 4), ["read", "write", "net", "env"]);
    for (const limit of HELD_WITHOUT) assert.ok(holds.includes(limit), limit);
    assert.equal(holds.includes("processes"), !IS_ROOT);
    const lacks = missing.map(({ what }) => what);
    assert.deepEqual(lacks.slice(0, 2), ["net: a list of hosts", "run: a list of programs"]);
    assert.equal(lacks.includes("the limit processes"), IS_ROOT);
    for (const { why, remedy } of missing) assert.ok(why !== "" && remedy !== "");
  },
});

/** What is said of this machine where `bwrap` is this program, or none. */
async function supportWith(
  bwrap: string | null,
  flags: readonly string[] = ["-A"],
): Promise<SandboxSupport> {
  await using path = await programs(bwrap === null ? {} : { bwrap });
  const script = `
    const { sandboxSupport } = await import("${SOURCE}/exec/support.ts");
    console.log(JSON.stringify(await sandboxSupport()));
  `;
  const { stdout, stderr } = await runScript(script, { flags, environment: { PATH: path.path } });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

/** A bubblewrap that fails as a real one does. */
function failing(message: string, version = "0.8.0"): string {
  return `#!/bin/sh
if [ "$1" = --version ]; then echo "bubblewrap ${version}"; exit 0; fi
echo "bwrap: ${message}" >&2
exit 1
`;
}

const FAILURES: [what: string, message: string, why: RegExp, remedy: RegExp][] = [
  [
    "too old",
    "Unknown option --disable-userns",
    /^bubblewrap is too old \(bwrap: Unknown option --disable-userns\)$/,
    /^install bubblewrap 0\.8 or later$/,
  ],
  [
    "without user namespaces",
    "No permissions to create new namespace, likely because the kernel does not allow " +
    "non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl ...'.",
    /^user namespaces are blocked here/,
    /kernel\.unprivileged_userns_clone=1/,
  ],
  [
    "held by AppArmor",
    "setting up uid map: Permission denied",
    /^user namespaces are blocked here/,
    /kernel\.apparmor_restrict_unprivileged_userns=0/,
  ],
  [
    "held by AppArmor once it has a namespace",
    "loopback: Failed RTM_NEWADDR: Operation not permitted",
    /^user namespaces are blocked here, by AppArmor.*RTM_NEWADDR/,
    /kernel\.apparmor_restrict_unprivileged_userns=0/,
  ],
  [
    "in a container that blocks namespaces",
    "Creating new namespace failed: Operation not permitted",
    /by a container \(bwrap: Creating new namespace failed/,
    /in Docker: --security-opt seccomp=unconfined/,
  ],
  [
    "in a container that hides /proc",
    "Can't mount proc on /newroot/proc: Operation not permitted",
    /^the container hides parts of \/proc/,
    /^in Docker: --security-opt systempaths=unconfined$/,
  ],
  [
    "broken in a way that nobody has foreseen",
    "The moon is full",
    /^bubblewrap does not work here \(bwrap: The moon is full\)$/,
    /^run bwrap by hand to see$/,
  ],
];

for (const [what, message, why, remedy] of FAILURES) {
  Deno.test(`sandboxSupport() says what to do where bubblewrap is ${what}`, async () => {
    const support = await supportWith(failing(message));
    assert.deepEqual([support.sandbox, support.version], ["none", "0.8.0"]);
    assert.deepEqual(support.holds, HELD_WITHOUT);
    const [missing, ...others] = support.missing;
    assert.deepEqual(others, []);
    assert.equal(missing?.what, "sandbox");
    assert.match(missing.why, why);
    assert.match(missing.remedy, remedy);
  });
}

Deno.test("sandboxSupport() tells a missing bubblewrap from one that Deno may not run", async () => {
  const none = await supportWith(null);
  assert.deepEqual([none.sandbox, none.version, none.missing.length], ["none", null, 1]);
  assert.match(none.missing[0]!.why, /is not installed$/);
  assert.match(none.missing[0]!.remedy, /apt-get install bubblewrap/);
  const denied = await supportWith(failing("never said"), ["--allow-read", "--allow-write"]);
  assert.deepEqual(denied.missing, [{
    what: "sandbox",
    why: "Deno may not run bubblewrap",
    remedy: "run Deno with --allow-run=bwrap",
  }]);
});

Deno.test({
  name: "sandboxSupport() calls a bubblewrap before 0.12 by its name, and no later one",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", "command -v bwrap"] }).output();
    const real = new TextDecoder().decode(stdout).trim();
    for (
      const [version, isOld] of [
        ["0.8.0", true],
        ["0.11.9", true],
        ["0.12.0", false],
        ["0.12", false],
        ["0.13.1", false],
        ["1.0", false],
      ] as const
    ) {
      const bwrap = `#!/bin/sh
if [ "$1" = --version ]; then echo "bubblewrap ${version}"; exit 0; fi
exec ${real} "$@"
`;
      const support = await supportWith(bwrap);
      assert.deepEqual([support.sandbox, support.version], ["bubblewrap", version]);
      const old = support.missing.find(({ what }) => what === "bubblewrap before 0.12");
      assert.equal(old !== undefined, isOld, version);
      if (old) {
        assert.match(old.why, new RegExp(`^bubblewrap ${version.replaceAll(".", "\\.")} can`));
      }
    }
  },
});

Deno.test("detectSandbox() waits for no bubblewrap that never ends its output", async () => {
  const start = performance.now();
  const bwrap = `#!/bin/sh\nsetsid sh -c 'echo $$ >&2; exec sleep 5' &\nsleep 0.1; exit 1\n`;
  const support = await supportWith(bwrap);
  assert.equal(support.sandbox, "none");
  assert.ok(performance.now() - start < 4500);
  assert.ok((await detectSandbox()) !== null);
});
