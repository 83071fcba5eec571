import assert from "node:assert/strict";
import type { HookEvent, Hooks, Workspace } from "@agentfs/sdk";
import { makeProject, type Project } from "./project.ts";

interface Heard {
  event: HookEvent;
  workspace: string;
}

const EVENTS = [
  "workspaceCreate",
  "workspaceDelete",
  "commit",
  "snapshot",
  "restore",
  "run",
  "batch",
] as const;

/** Writes down every event. */
function listen(hooks: Hooks): Heard[] {
  const heard: Heard[] = [];
  for (const event of EVENTS) {
    hooks.on<HookEvent>(event, (...told) => void heard.push({ event, workspace: told[0].name }));
  }
  return heard;
}

async function withWorkspace(
  test: (workspace: Workspace, hooks: Hooks, project: Project) => Promise<void>,
  hookTimeout?: number,
): Promise<void> {
  const config = hookTimeout === undefined ? {} : { hookTimeout };
  await using project = await makeProject({ config });
  await test(await project.afs.workspace.create("w"), project.afs.hooks, project);
}

Deno.test("every event is heard of once, after it is durable", async () => {
  await using project = await makeProject();
  const { workspace: workspaces, hooks } = project.afs;
  const heard = listen(hooks);
  const workspace = await workspaces.create("w");
  await workspace.snapshot.create("s");
  await workspace.writeFile("/a.txt", "two\n");
  await workspace.commit("Two");
  await workspace.snapshot.restore("s");
  await workspace.batch([{ type: "mkdir", path: "/d" }]);
  await workspace.run("true");
  await Array.fromAsync(workspace.runStream("echo line"));
  await (await workspace.spawn(["true"])).status;
  await workspaces.delete("w");
  const events = [
    ...["workspaceCreate", "snapshot", "commit", "restore", "batch"],
    ...["run", "run", "run", "workspaceDelete"],
  ];
  assert.deepEqual(heard, events.map((event) => ({ event, workspace: "w" })));
});

Deno.test("nothing is heard of what failed, or of a commit that was not made", async () => {
  await withWorkspace(async (workspace, hooks, { afs }) => {
    const heard = listen(hooks);
    await assert.rejects(afs.workspace.create("w"));
    await assert.rejects(afs.workspace.delete("none"));
    await assert.rejects(workspace.snapshot.restore("none"));
    await assert.rejects(workspace.commit(""));
    await workspace.commit("Nothing");
    await workspace.commit("Nothing", { dryRun: true });
    await assert.rejects(workspace.run(["no-such-program"]));
    assert.deepEqual(heard, []);
    await assert.rejects(workspace.run("false", { check: true }), { code: "CommandError" });
    assert.deepEqual(heard, [{ event: "run", workspace: "w" }]);
  });
});

Deno.test("a property hears first, then the others in their order, each after the one before", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const order: string[] = [];
    const slow = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${name} ends`);
    };
    hooks.on("commit", slow("first"));
    hooks.on("commit", slow("second"));
    hooks.onCommit = slow("property");
    await workspace.writeFile("/a.txt", "two\n");
    await workspace.commit("Two");
    assert.deepEqual(
      order,
      ["property", "first", "second"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });
});

Deno.test("handlers get what happened", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const told: unknown[] = [];
    hooks.onCommit = (about, message, { oid, changes }) => {
      told.push([about === workspace, message, oid.length, changes.length]);
    };
    hooks.onSnapshot = (_, { name }) => void told.push(name);
    hooks.onRestore = (_, { undo, changes }) => void told.push([undo.name, changes.length]);
    hooks.onRun = (_, { code }) => void told.push(code);
    await workspace.writeFile("/a.txt", "two\n");
    await workspace.commit("Two");
    await workspace.snapshot.create("s");
    const { undo } = await workspace.snapshot.restore("s");
    await workspace.run("exit 3");
    assert.deepEqual(told, [[true, "Two", 40, 1], "s", [undo.name, 0], 3]);
  });
});

Deno.test("a handler that throws or rejects is reported once, and breaks nothing", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const reported: unknown[] = [];
    hooks.onError = (error, event) => void reported.push([(error as Error).message, event]);
    let heard = 0;
    hooks.onSnapshot = () => {
      throw new Error("thrown");
    };
    hooks.on("snapshot", () => Promise.reject(new Error("rejected")));
    hooks.on("snapshot", () => void heard++);
    const { name } = await workspace.snapshot.create("s");
    assert.equal(name, "s");
    assert.equal(heard, 1);
    assert.deepEqual(reported, [["thrown", "snapshot"], ["rejected", "snapshot"]]);
  });
});

Deno.test("a handler that never ends is given up after hookTimeout, and reported once", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const reported: unknown[] = [];
    hooks.onError = (error) => void reported.push((error as Error).message);
    let heard = 0;
    hooks.on("snapshot", () => new Promise(() => {}));
    hooks.on("snapshot", () => void heard++);
    await workspace.snapshot.create("s");
    assert.equal(heard, 1);
    assert.equal(reported.length, 1);
    assert.match(String(reported[0]), /has not ended after 50 ms.*hookTimeout/);
  }, 50);
});

Deno.test("a report that fails itself goes to the console", async () => {
  await withWorkspace(async (_, hooks, { afs }) => {
    hooks.onError = () => {
      throw new Error("worse");
    };
    hooks.onWorkspaceCreate = () => {
      throw new Error("bad");
    };
    assert.equal((await afs.workspace.create("other")).name, "other");
  });
});

Deno.test("a handler can use the workspace, also where the call held it", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const remove = hooks.on("run", async (workspace, { changes }) => {
      if (changes.length > 0) await workspace.commit("After the command");
    });
    hooks.once("commit", async (workspace) => void await workspace.snapshot.create("committed"));
    hooks.once("snapshot", async (workspace) => {
      await workspace.run("rm new.txt");
      await workspace.snapshot.restore("committed");
    });
    await workspace.run("echo new > new.txt");
    remove();
    assert.equal(await workspace.readFile("/new.txt"), "new\n");
    assert.match((await workspace.log({ limit: 1 }))[0]!.message, /^After the command/);
  });
});

Deno.test("a handler can close the AgentFS that runs it", async () => {
  await withWorkspace(async (workspace, hooks, { afs }) => {
    hooks.onRun = async () => await afs.close();
    assert.equal((await workspace.run("true")).code, 0);
    await assert.rejects(workspace.readFile("/a.txt"), { code: "ClosedError" });
  });
});

Deno.test("handlers can be taken away, also from inside one", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const heard: string[] = [];
    const second = (): void => void heard.push("second");
    const removeFirst = hooks.on("snapshot", () => {
      heard.push("first");
      removeFirst();
      hooks.off("snapshot", second);
      hooks.on("snapshot", () => void heard.push("late"));
    });
    hooks.on("snapshot", second);
    hooks.on("snapshot", () => void heard.push("third"));
    hooks.once("snapshot", () => void heard.push("once"));
    await workspace.snapshot.create("1");
    assert.deepEqual(heard, ["first", "third", "once"]);
    await workspace.snapshot.create("2");
    assert.deepEqual(heard, ["first", "third", "once", "third", "late"]);
    removeFirst();
  });
});

Deno.test("the same function given twice is called twice, and each remover takes one away", async () => {
  await withWorkspace(async (workspace, hooks) => {
    let heard = 0;
    const handler = (): void => void heard++;
    const remove = hooks.on("snapshot", handler);
    hooks.on("snapshot", handler);
    await workspace.snapshot.create("1");
    assert.equal(heard, 2);
    remove();
    remove();
    await workspace.snapshot.create("2");
    assert.equal(heard, 3);
    hooks.off("snapshot", handler);
    await workspace.snapshot.create("3");
    assert.equal(heard, 3);
  });
});

Deno.test("what is no event or no handler is refused", async () => {
  await withWorkspace((_, hooks) => {
    assert.throws(
      () => hooks.on("snapshots" as HookEvent, () => {}),
      new TypeError(
        'Cannot hear of "snapshots": there is no such event; there are workspaceCreate, ' +
          "workspaceDelete, commit, snapshot, restore, run, batch, sync",
      ),
    );
    assert.throws(
      () => hooks.once("commit", null as never),
      new TypeError('Cannot hear of "commit": a handler is a function, not null'),
    );
    for (const event of [5n, Symbol("x"), undefined, null, ["commit"]]) {
      const type = event === null ? "null" : Array.isArray(event) ? "array" : typeof event;
      for (const call of ["on", "once", "off"] as const) {
        assert.throws(() => hooks[call](event as never, () => {}), {
          name: "TypeError",
          message: new RegExp(`^Cannot hear of this ${type}: there is no such event; there are`),
        });
      }
    }
    return Promise.resolve();
  });
});

Deno.test("a property that is undefined is none, and one that is no function is reported", async () => {
  await withWorkspace(async (workspace, hooks) => {
    const reported: unknown[] = [];
    hooks.onError = (error) => void reported.push((error as Error).message);
    hooks.onRun = undefined as never;
    await workspace.run("true");
    assert.deepEqual(reported, []);
    hooks.onRun = "x" as never;
    await workspace.run("true");
    assert.deepEqual(reported, ['Cannot hear of "run": a handler is a function, not string']);
  });
});
