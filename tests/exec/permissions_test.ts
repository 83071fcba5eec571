import * as assert from "node:assert/strict";
import { SandboxError } from "../../src/errors.ts";
import { checkPermissions, DEFAULT_GRANTS, grantsOf } from "../../src/exec/permissions.ts";
import { run } from "../../src/exec/run.ts";
import type { Permissions } from "../../src/exec/types.ts";
import { makeProject } from "../project.ts";
import { HAS_BUBBLEWRAP, sandboxed } from "./each_sandbox.ts";
import { type TestHost, testHost } from "./host.ts";

/** What a command prints that is allowed this. */
async function tell(host: TestHost, script: string, permissions: Permissions): Promise<string> {
  const { stdout, stderr } = await run(host, script, { permissions, changes: false });
  return (stdout + stderr).trim();
}

Deno.test("grantsOf() completes permissions, the first first", () => {
  assert.deepEqual(DEFAULT_GRANTS, {
    workspace: "write",
    readPaths: [],
    writePaths: [],
    net: false,
    env: true,
    run: true,
  });
  const grants = grantsOf({ net: true, write: false }, { net: false, read: ["/srv/"], env: [] });
  assert.deepEqual(grants, {
    workspace: "read",
    readPaths: ["/srv"],
    writePaths: [],
    net: true,
    env: false,
    run: true,
  });
  const { readPaths, writePaths } = grantsOf({ read: ["/", "/a//b/../c/."], write: ["/x/"] });
  assert.deepEqual([readPaths, writePaths], [["/", "/a/c"], ["/x"]]);
  assert.throws(() => grantsOf({ read: false }), /with read: false pass write: false/);
  assert.equal(grantsOf({ read: false, write: false }).workspace, "none");
});

const BAD_PERMISSIONS: [unknown, RegExp][] = [
  [[], /it is an object, not array/],
  [null, /it is an object, not null/],
  [{ reed: true }, /no permission "reed"; there are read, write, net, env, run/],
  [{ toString: true }, /no permission "toString"/],
  [{ net: "localhost" }, /net is true, false, or an array of strings/],
  [{ net: null }, /net is true, false/],
  [{ env: [5] }, /env is true, false/],
  [{ read: [""] }, /read is true, false/],
  [{ read: ["src"] }, /read names "src", and its paths are absolute/],
  [{ write: ["/a", "./b"] }, /write names "\.\/b"/],
  [{ write: ["/a\0"] }, /write names/],
  [{ env: [""] }, /env is true, false/],
  [{ env: ["A", "B=C"] }, /env names "B=C", and the name of a variable holds no = and no NUL/],
  [{ env: ["A\0"] }, /env names/],
];

for (const [permissions, message] of BAD_PERMISSIONS) {
  Deno.test(`checkPermissions() refuses ${Deno.inspect(permissions)}`, () => {
    assert.throws(() => checkPermissions(permissions as Permissions), {
      name: "TypeError",
      message,
    });
  });
}

sandboxed(
  "run() lets a command read and write the workspace if nothing else is said",
  async (host) => {
    host.writeProgram("a.txt", "one\n");
    const script =
      "cat a.txt; echo two > b.txt; echo $HOME > $HOME/c; echo ok > /tmp/d; cat /tmp/d";
    for (const permissions of [{}, { read: true, write: true }]) {
      assert.equal(await tell(host, script, permissions), "one\nok");
      assert.equal(await Deno.readTextFile(`${host.directory}/b.txt`), "two\n");
      await Deno.remove(`${host.directory}/b.txt`);
    }
    const others = await Deno.makeTempFile({ dir: "/tmp", prefix: "agentfs-test-" });
    assert.equal(await tell(host, `cat ${others} 2>/dev/null || echo gone`, {}), "gone");
    await Deno.remove(others);
  },
);

sandboxed(
  "run() with write: false makes the workspace read-only, and nothing else",
  async (host) => {
    host.writeProgram("a.txt", "one\n");
    const script =
      "cat a.txt; echo > b.txt; rm a.txt; echo x > $HOME/x && echo x > /tmp/x && echo ok";
    const told = await tell(host, script, { write: false });
    assert.match(told, /^one\nok\n/);
    assert.equal(told.match(/Read-only file system/g)?.length, 2);
    assert.equal(await Deno.readTextFile(`${host.directory}/a.txt`), "one\n");
  },
);

sandboxed("run() with read: false shows an empty workspace", async (host) => {
  host.writeProgram("a.txt", "one\n");
  const script = "ls -A; pwd; touch b 2>/dev/null || echo no; touch $HOME/x && echo yes";
  const permissions = { read: false, write: false };
  assert.equal(await tell(host, script, permissions), `${host.directory}\nno\nyes`);
});

sandboxed("run() shows what read names, read-only, and nothing beside it", async (host) => {
  const place = await host.place("place", { "in/a": "one\n", "in/sub/b": "two\n", "out": "no" });
  const script = `cat ${place}/in/a ${place}/in/sub/b; cat ${place}/out; echo > ${place}/in/c`;
  const told = await tell(host, script, { read: [`${place}/in`] });
  assert.match(told, /^one\ntwo\n.*No such file.*\n.*Read-only file system/);
  assert.equal(await tell(host, `cat ${place}/in/a`, { read: [`${place}/in/a`] }), "one");
});

sandboxed("run() lets a command write what write names", async (host) => {
  const place = await host.place("place", { "in/a": "one\n" });
  const script = `echo new > ${place}/in/b; rm ${place}/in/a; echo > ${place}/c; ls ${place}/in`;
  assert.equal(await tell(host, script, { write: [`${place}/in`] }), "b");
  assert.equal(await Deno.readTextFile(`${place}/in/b`), "new\n");
  // What is beside it was made in the command's own /tmp.
  assert.deepEqual([...Deno.readDirSync(place)].map(({ name }) => name), ["in"]);
  assert.deepEqual([...Deno.readDirSync(`${place}/in`)].map(({ name }) => name), ["b"]);
});

sandboxed(
  "run() joins overlapping paths: what one makes writable, no other takes back",
  async (host) => {
    const place = await host.place("place", { "in/sub/a": "one\n" });
    const [outer, inner] = [`${place}/in`, `${place}/in/sub`];
    const writeBoth = `echo x > ${outer}/x; echo y > ${inner}/y; ls ${outer} ${inner}`;
    for (
      const [permissions, expected] of [
        [{ read: [outer, inner, `${outer}/`] }, /^\S+in:\nsub\n\n\S+sub:\na\n/],
        [{ read: [outer], write: [inner] }, /^\S+in:\nsub\n\n\S+sub:\na\ny\n/],
        [{ write: [outer], read: [inner] }, /^\S+in:\nsub\nx\n\n\S+sub:\na\ny$/],
        [{ write: [outer, inner], read: [outer] }, /^\S+in:\nsub\nx\n\n\S+sub:\na\ny$/],
      ] as const
    ) {
      const lists = permissions as unknown as Permissions;
      assert.match(await tell(host, writeBoth, lists), expected, JSON.stringify(permissions));
      for (const file of [`${outer}/x`, `${inner}/y`]) await Deno.remove(file).catch(() => {});
    }
  },
);

sandboxed(
  "run() with read of all shows the machine, but no one else's /tmp and /run",
  async (host) => {
    const place = await host.place("place", { "a": "one\n" });
    assert.equal(
      await tell(
        host,
        `test -r /etc/fstab -o -d /opt && cat ${place}/a 2>/dev/null || echo hidden`,
        {
          read: ["/"],
        },
      ),
      "hidden",
    );
    assert.equal(await tell(host, `cat ${place}/a; ls /run`, { read: ["/", place] }), "one");
    assert.match(
      await tell(host, "touch /usr/x; touch /x", { read: ["/"] }),
      /(.*Read-only.*\n?){2}/,
    );
  },
);

const REFUSED: [what: string, permissions: (host: TestHost) => Promise<Permissions>, RegExp][] = [
  [
    "a path that is missing",
    async (host) => ({ read: [`${await host.place("a")}/nope`] }),
    /^Cannot let a command read ".*\/a\/nope": nothing is there; make it first, or leave it out$/,
  ],
  [
    "a path with a link on the way",
    async (host) => {
      const place = await host.place("a", { "real/x": "" });
      await Deno.symlink("real", `${place}/link`);
      return { write: [`${place}/link/x`] };
    },
    /^Cannot let a command write ".*link\/x": a link is on the way; name ".*real\/x"$/,
  ],
  [
    "a link",
    async (host) => {
      const place = await host.place("a", { "real": "" });
      await Deno.symlink("real", `${place}/link`);
      return { read: [`${place}/link`] };
    },
    /a link is on the way/,
  ],
  ["/proc", () => Promise.resolve({ read: ["/proc"] }), /are the sandbox's own$/],
  ["what is in /proc", () => Promise.resolve({ read: ["/proc/1"] }), /are the sandbox's own$/],
  ["a device", () => Promise.resolve({ write: ["/dev/null"] }), /are the sandbox's own$/],
  ["/sys", () => Promise.resolve({ read: ["/sys"] }), /are the sandbox's own$/],
  [
    "the directory of the workspaces",
    async (host) => {
      host.secrets = [await host.place("ours")];
      return { read: [...host.secrets] };
    },
    /the workspaces and their records are in .*\/ours$/,
  ],
  [
    "what is in it",
    async (host) => {
      host.secrets = [await host.place("ours", { "other/file": "" })];
      return { read: [`${host.secrets[0]}/other`] };
    },
    /the workspaces and their records are in .*\/ours$/,
  ],
  [
    "writing to what is around it",
    async (host) => {
      host.secrets = [await host.place("around/ours")];
      return { write: [await host.place("around")] };
    },
    /that would be writing to .*\/around\/ours, which holds the history; name other directories$/,
  ],
  [
    "writing to the store",
    async (host) => {
      host.guarded = [await host.place("store", { "objects/x": "" })];
      return { write: [`${host.guarded[0]}/objects`] };
    },
    /that would be writing to .*\/store, which holds the history/,
  ],
  [
    "hosts",
    () => Promise.resolve({ net: ["example.org"] }),
    /^Cannot run "touch ran" as asked: net: \["example.org"\] cannot be held .* pass net: true or false$/,
  ],
  [
    "programs",
    () => Promise.resolve({ run: ["git"] }),
    /^Cannot run "touch ran" as asked: run: \["git"\] cannot be held, .*leave run out/,
  ],
  ["no program", () => Promise.resolve({ run: false }), /run: false cannot be held/],
  ["an empty list of programs", () => Promise.resolve({ run: [] }), /run: false cannot be held/],
];

for (const [what, permissions, message] of REFUSED) {
  sandboxed(`run() refuses the permission for ${what}`, async (host) => {
    const asked = await permissions(host);
    await assert.rejects(run(host, "touch ran", { permissions: asked }), (error: unknown) => {
      assert.ok(error instanceof SandboxError, `${error}`);
      assert.match(error.message, message);
      return true;
    });
    await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
    assert.deepEqual(host.holds, []);
  });
}

sandboxed(
  "run() lets a command read around the workspaces' directory, which it finds empty",
  async (host) => {
    const around = await host.place("around", { "ours/other/secret": "x", "free": "free\n" });
    host.secrets = [`${around}/ours`];
    host.guarded = [`${around}/ours/store`];
    const script = `cat ${around}/free; ls -A ${around}/ours; touch ${around}/ours/x`;
    assert.match(await tell(host, script, { read: [around] }), /^free\ntouch:.*Read-only/);
  },
);

sandboxed("run() has no network, but its own loopback, unless net is true", async (host) => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = `exec 3<>/dev/tcp/127.0.0.1/${server.addr.port} && cat <&3`;
  const ask = async (net: boolean): Promise<string> =>
    (await run(host, ["bash", "-c", client], { permissions: { net } })).stdout;
  assert.equal(await ask(false), "");
  const answered = server.accept().then(async (connection) => {
    await connection.write(new TextEncoder().encode("hello"));
    connection.close();
  });
  assert.equal(await ask(true), "hello");
  await answered;
  assert.equal(await tell(host, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", {}), "lo");
  assert.equal(await tell(host, "wc -l < /proc/net/route", {}), "1");
});

Deno.test({
  name: "run() of a real workspace shows no other, whatever is read, and writes to none",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    await using project = await makeProject({ files: { "a.txt": "one\n" }, repository: true });
    const [mine, other] = await Promise.all(
      ["mine", "other"].map((name) => project.afs.workspace.create(name)),
    );
    assert.ok(mine && other);
    await other.writeFile("/secret", "other's\n");
    const script =
      `cat ${other.path}/secret; ls -A ${project.path}/.agentfs; cat ${mine.path}/a.txt`;
    for (const read of [["/"], [project.path], [project.directory]]) {
      const { stdout, sandbox } = await mine.run(script, { permissions: { read } });
      assert.equal(sandbox, "bubblewrap");
      assert.doesNotMatch(stdout, /other/, read.join());
      assert.match(stdout, /^one$/m);
    }
    for (const key of ["read", "write"]) {
      const permissions = { [key]: [other.path] };
      await assert.rejects(mine.run("true", { permissions }), {
        code: "SandboxError",
        message: /the workspaces and their records are in/,
      });
    }
    for (const write of [["/"], [project.path], [`${project.path}/.git`]]) {
      await assert.rejects(mine.run("true", { permissions: { write } }), {
        code: "SandboxError",
        message: /which holds the history/,
      });
    }
  },
});

Deno.test("run() never takes less than permissions ask for, even where the sandbox is off", async () => {
  await using host = await testHost({ sandbox: "off" });
  const missing = { what: "sandbox", why: "it is not there", remedy: "get it" };
  host.detect = () => Promise.resolve({ sandbox: null, missing });
  await assert.rejects(run(host, "touch ran", { permissions: {} }), {
    code: "SandboxError",
    message: 'Cannot run "touch ran" in a sandbox: it is not there; get it',
  });
  await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
});
