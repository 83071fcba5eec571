import * as assert from "node:assert/strict";
import { makeProject } from "../project.ts";
import { HAS_BUBBLEWRAP } from "./each_sandbox.ts";
import { DENO_RUN } from "./host.ts";

Deno.test({
  name: "commands need no more of Deno's permissions than the base and bubblewrap",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    await using project = await makeProject({ files: { "a.txt": "one\n" }, repository: true });
    await project.afs.close();
    const place = `${project.path}/place`;
    await Deno.mkdir(place);
    await Deno.writeTextFile(`${place}/file`, "granted\n");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...DENO_RUN,
        `--allow-read=${project.path}`,
        `--allow-write=${project.path}`,
        "--allow-run=bwrap",
        "--allow-env=IGNORE_TEST_WIN32",
        new URL("children/least.ts", import.meta.url).pathname,
        project.path,
        place,
      ],
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    assert.equal(decoder.decode(stderr), "");
    const said = JSON.parse(decoder.decode(stdout));
    const expected: Record<string, unknown> = {
      support: "bubblewrap",
      run: ["bubblewrap", "one\n", null, null],
      changes: 1,
      stdin: ["bubblewrap", "given", null, null],
      stream: ["1\n", true, "2\n", true, "3\n", true],
      deadline: ["bubblewrap", "", "timeout", "SIGKILL"],
      abort: "RAW TimeoutError: The operation was aborted due to timeout",
      output: ["bubblewrap", "1\n9\n", "outputBytes", null],
      file: ["bubblewrap", "", "fileBytes", "SIGXFSZ"],
      "read-only": ["bubblewrap", "no\n", null, null],
      more: ["bubblewrap", "granted\n", null, null],
      "too much": 'SandboxError: Cannot let a command read "/usr/share": Deno itself may not; ' +
        "run it with --allow-read=/usr/share",
      missing: 'CommandError: Cannot run "agentfs-nope": there is no program "agentfs-nope" in ' +
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; install it, give its path, " +
        "or set PATH in env; what is not in the system's directories must be in permissions.read " +
        "as well",
      talk: ["hello\n", "bye\n", 3],
      dispose: "SIGTERM",
      git: ["bubblewrap", "?? f\nAdd\n", null, null],
      log: "Add\n",
    };
    for (const [what, came] of Object.entries(expected)) assert.deepEqual(said[what], came, what);
    assert.deepEqual(Object.keys(said), Object.keys(expected));
  },
});
