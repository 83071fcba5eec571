/**
 * The snippets of the Python SDK's page, translated, in its order and under its headings.
 *
 * Cloud Sync is later work, and not here yet.
 */

import assert from "node:assert/strict";
import { describe, it } from "@std/testing/bdd";
import {
  AgentFS,
  type CommitResult,
  Config,
  type Snapshot,
  SnapshotNotFoundError,
  type Workspace,
  WorkspaceExistsError,
} from "@agentfs/sdk";
import { TemporaryWorkspace, temporaryWorkspace } from "@agentfs/sdk/testing";
import { temporaryDirectory } from "./temporary.ts";

/** A project and what prints to the page's console. */
async function withProject(
  test: (
    afs: AgentFS,
    project: string,
    print: (text: string) => void,
    out: string[],
  ) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  await using afs = new AgentFS(directory.path);
  const out: string[] = [];
  await test(afs, directory.path, (text) => void out.push(text), out);
}

describe("Quick Start", () => {
  it("creates a workspace, runs a command, commits", async () => {
    await withProject(async (_, project, print, out) => {
      // Initialize AgentFS
      await using afs = new AgentFS(project);

      // Create workspace
      const workspace = await afs.workspace.create("my-workspace");

      // Run command
      const result = await workspace.run("echo Hello from AgentFS");
      print(result.stdout);

      // Commit changes
      await workspace.commit("Initial setup");

      assert.deepEqual(out, ["Hello from AgentFS\n"]);
    });
  });
});

describe("Core Classes", () => {
  it("AgentFS", async () => {
    await withProject(async (_, project) => {
      // Initialize
      await using plain = new AgentFS(project);
      assert.equal(plain.basePath, project);

      // Or with options
      await using afs = new AgentFS(project, { config: { cacheSize: 256, auditEnabled: true } });
      assert.equal(afs.config.cacheSize, 256);
      assert.equal(afs.config.auditEnabled, true);
    });
  });

  it("Workspace", async () => {
    await withProject(async (afs, _, print, out) => {
      const first = await afs.workspace.create("first");
      await first.writeFile("/from-first.txt", "1");
      await first.snapshot.create("checkpoint-v1");

      // Create workspace
      await afs.workspace.create("plain", { description: "the plain one" });

      // Create from snapshot
      const workspace = await afs.workspace.create("my-workspace", {
        fromSnapshot: "checkpoint-v1",
        description: "from the snapshot",
      });
      assert.equal(await workspace.readFile("/from-first.txt"), "1");

      // Get existing workspace
      assert.equal((await afs.workspace.get("my-workspace")).name, "my-workspace");

      // List workspaces
      for (const ws of await afs.workspace.list()) print(`${ws.name}: ${ws.description}`);
      assert.deepEqual(out, ["first: ", "my-workspace: from the snapshot", "plain: the plain one"]);

      // Delete workspace
      await afs.workspace.delete("my-workspace");
      assert.equal(await afs.workspace.has("my-workspace"), false);
    });
  });

  it("Running Commands", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/script.sh", 'echo "$API_KEY $DEBUG"\n');
      await workspace.writeFile("/src/Makefile", "test:\n\t@pwd\n");
      await workspace.writeFile("/build.sh", "echo one\necho two\n", { mode: 0o755 });
      await workspace.writeFile("/long-running-task", "#!/bin/sh\necho done\n", { mode: 0o755 });

      // Simple command
      const listed = await workspace.run("ls -a");
      assert.equal(listed.code, 0);
      assert.match(listed.stdout, /script\.sh/);
      assert.equal(listed.stderr, "");

      // With environment variables
      const told = await workspace.run("sh script.sh", { env: { API_KEY: "secret", DEBUG: "1" } });
      assert.equal(told.stdout, "secret 1\n");

      // With working directory
      const made = await workspace.run("make test || pwd", { workdir: "/src" });
      assert.equal(made.stdout, `${workspace.path}/src\n`);

      // Capture output
      const long = await workspace.run("./long-running-task", {
        captureOutput: true,
        timeout: 300_000,
      });
      assert.equal(long.stdout, "done\n");

      // Streaming output
      for await (const line of workspace.runStream("sh ./build.sh")) print(line);
      assert.deepEqual(out, ["one\n", "two\n"]);
    });
  });

  it("File Operations", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/src/old.txt", "old");
      await workspace.writeFile("/src/temp.txt", "temp");

      // Write file
      await workspace.writeFile("/path/to/file.txt", "Hello, World!");

      // Read file
      assert.equal(await workspace.readFile("/path/to/file.txt"), "Hello, World!");

      // Check if exists
      if (await workspace.exists("/path/to/file.txt")) print("File exists");

      // List directory
      for (const file of await workspace.listDir("/src")) {
        print(`${file.name} (${file.size} bytes)`);
      }

      // Copy file
      await workspace.copy("/src/old.txt", "/src/new.txt");

      // Move file
      await workspace.move("/src/temp.txt", "/dst/final.txt");
      assert.equal(await workspace.exists("/src/temp.txt"), false);

      // Get file info
      const info = await workspace.stat("/path/to/file.txt");
      print(`Size: ${info.size}, Modified: ${info.mtime instanceof Date}`);

      // Delete file
      await workspace.delete("/path/to/file.txt");
      assert.equal(await workspace.exists("/path/to/file.txt"), false);

      assert.deepEqual(out, [
        "File exists",
        "old.txt (3 bytes)",
        "temp.txt (4 bytes)",
        "Size: 13, Modified: true",
      ]);
    });
  });

  it("Snapshots", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/a.txt", "1");

      // Create snapshot
      const snapshot = await workspace.snapshot.create("checkpoint", {
        description: "Before major refactor",
      });
      assert.equal(snapshot.description, "Before major refactor");

      // List snapshots
      for (const snap of await workspace.snapshot.list()) {
        print(`${snap.name}: ${snap.createdAt instanceof Date}`);
      }

      // Restore snapshot
      await workspace.writeFile("/a.txt", "2");
      await workspace.snapshot.restore("checkpoint");
      assert.equal(await workspace.readFile("/a.txt"), "1");

      // Delete snapshot
      await workspace.snapshot.delete("checkpoint");
      assert.equal(await workspace.snapshot.has("checkpoint"), false);

      // Compare snapshots
      await workspace.snapshot.create("checkpoint-v1");
      await workspace.writeFile("/a.txt", "3");
      await workspace.writeFile("/b.txt", "new");
      await workspace.snapshot.create("checkpoint-v2");
      for (const change of await workspace.snapshot.diff("checkpoint-v1", "checkpoint-v2")) {
        print(`${change.type}: ${change.path}`);
      }

      assert.deepEqual(out, ["checkpoint: true", "modified: /a.txt", "added: /b.txt"]);
    });
  });

  it("Status and Diff", async () => {
    await withProject(async (_, project, print, out) => {
      await Deno.writeTextFile(`${project}/kept.txt`, "1");
      await Deno.writeTextFile(`${project}/gone.txt`, "1");
      await using afs = new AgentFS(project);
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.snapshot.create("checkpoint");
      await workspace.writeFile("/kept.txt", "2");
      await workspace.writeFile("/new.txt", "3");
      await workspace.delete("/gone.txt");

      // Show status
      const status = await workspace.status();
      for (const file of status.modified) print(`Modified: ${file.path}`);
      for (const file of status.added) print(`Added: ${file.path}`);
      for (const file of status.deleted) print(`Deleted: ${file.path}`);

      // Show diff
      const diff = await workspace.diff();
      assert.equal(diff.changes.length, 3);

      // Diff against specific snapshot
      const since = await workspace.diff({ against: "checkpoint" });
      assert.deepEqual([...since], [...diff]);

      assert.deepEqual(out, ["Modified: /kept.txt", "Added: /new.txt", "Deleted: /gone.txt"]);
    });
  });

  it("Commit", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");

      // Commit all changes
      await workspace.writeFile("/x.ts", "1");
      const first: CommitResult = await workspace.commit("Implemented feature X");
      assert.equal(first.created, true);

      // Commit with author
      await workspace.writeFile("/x.ts", "2");
      const fixed = await workspace.commit("Fixed bug in parser", {
        author: "Developer <dev@example.com>",
      });
      assert.equal(fixed.author.email, "dev@example.com");

      // Commit specific files
      await workspace.writeFile("/README.md", "# Read");
      await workspace.writeFile("/docs/a.txt", "a");
      await workspace.writeFile("/x.ts", "3");
      const documented = await workspace.commit("Updated documentation", {
        include: ["*.md", "docs/**"],
      });
      assert.deepEqual(documented.changes.map(({ path }) => path), ["/README.md", "/docs/a.txt"]);

      // Dry run
      const changes = await workspace.commit("Test commit", { dryRun: true });
      print(`Would commit ${changes.length} files`);
      assert.deepEqual(out, ["Would commit 1 files"]);

      assert.deepEqual((await workspace.log({ limit: 3 })).map(({ message }) => message.trim()), [
        "Updated documentation",
        "Fixed bug in parser",
        "Implemented feature X",
      ]);
    });
  });
});

describe("Audit Logging", () => {
  it("tells who did what, filtered, exported, processed", async () => {
    await withProject(async (afs, project, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/src/main.py", "print('hello')\n");
      await workspace.readFile("/src/main.py");
      await workspace.writeFile("/other.py", "");

      // Get audit log
      const logs = await workspace.audit.logs();
      const operations = logs.map(({ operation }) => operation);
      assert.deepEqual(operations, ["create", "write", "read", "write"]);

      // Filter by operation
      const writes = await workspace.audit.logs({ operation: "write" });
      assert.equal(writes.length, 2);

      // Filter by time range
      const recent = await workspace.audit.logs({
        from: new Date(Date.now() - 24 * 60 * 60 * 1000),
        to: new Date(),
      });
      assert.equal(recent.length, 4);

      // Filter by path
      const ofMain = await workspace.audit.logs({ path: "/src/main.py" });
      assert.deepEqual(ofMain.map(({ operation }) => operation), ["write", "read"]);

      // Export to file
      const { entries } = await workspace.audit.export(`${project}/audit.json`, { format: "json" });
      assert.equal(entries, 4);
      assert.equal(JSON.parse(await Deno.readTextFile(`${project}/audit.json`)).length, 4);

      // Process logs
      for (const entry of writes) {
        print(`${entry.timestamp instanceof Date}: ${entry.operation} ${entry.path}`);
        if (entry.details) print(`  Size: ${entry.details.sizeAfter}`);
      }
      assert.deepEqual(out, [
        "true: write /src/main.py",
        "  Size: 15",
        "true: write /other.py",
        "  Size: 0",
      ]);
    });
  });
});

describe("Configuration", () => {
  it("comes from a file or from code", async () => {
    await withProject(async (_, project) => {
      const file = `${project}/config.toml`;
      await Deno.writeTextFile(
        file,
        'cache_size = 512\naudit_enabled = true\n\n[sync]\ndefault_mode = "periodic"\n',
      );

      // Load configuration
      const loaded = await Config.load(file);
      assert.equal(loaded.cacheSize, 512);
      assert.equal(loaded.sync.defaultMode, "periodic");

      // Or create programmatically
      const config = new Config({
        cacheSize: 512,
        auditEnabled: true,
        sync: { defaultMode: "periodic", interval: 300 },
      });

      // Apply to AgentFS instance
      await using afs = new AgentFS(project, { config });
      assert.equal(afs.config, config);
      assert.equal((await afs.workspace.create("configured")).name, "configured");
    });
  });
});

describe("Event Hooks", () => {
  it("calls handlers", async () => {
    await withProject(async (afs, _, print, out) => {
      // Define hooks
      function onWorkspaceCreate(workspace: Workspace): void {
        print(`Created workspace: ${workspace.name}`);
      }
      function onCommit(_workspace: Workspace, message: string): void {
        print(`Committed: ${message}`);
      }

      // Register hooks
      afs.hooks.onWorkspaceCreate = onWorkspaceCreate;
      afs.hooks.onCommit = onCommit;

      // Or any number of them, where Python has a decorator
      afs.hooks.on("workspaceCreate", (workspace) => print(`Workspace ${workspace.name} created`));

      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/a.txt", "a");
      await workspace.commit("Add a");
      assert.deepEqual(out, [
        "Created workspace: my-workspace",
        "Workspace my-workspace created",
        "Committed: Add a",
      ]);
    });
  });
});

describe("Error Handling", () => {
  it("names what is wrong by its class", async () => {
    await withProject(async (afs, _, print, out) => {
      await afs.workspace.create("existing-workspace");
      let workspace: Workspace;
      try {
        workspace = await afs.workspace.create("existing-workspace");
      } catch (error) {
        if (!(error instanceof WorkspaceExistsError)) throw error;
        print("Workspace already exists");
        workspace = await afs.workspace.get("existing-workspace");
      }

      try {
        await workspace.snapshot.restore("nonexistent");
      } catch (error) {
        if (!(error instanceof SnapshotNotFoundError)) throw error;
        print("Snapshot not found");
      }
      assert.deepEqual(out, ["Workspace already exists", "Snapshot not found"]);
    });
  });
});

describe("Batch Operations", () => {
  it("applies all or nothing, and processes many", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/old-file.txt", "old");

      // Batch file operations
      await workspace.batch((batch) => {
        batch.writeFile("/file1.txt", "content1");
        batch.writeFile("/file2.txt", "content2");
        batch.delete("/old-file.txt");
      });
      // All operations applied atomically
      assert.deepEqual((await workspace.listDir()).map(({ path }) => path), [
        "/file1.txt",
        "/file2.txt",
      ]);

      // Batch with callback
      const files = ["/file1.txt", "/file2.txt"];
      const processFile = (path: string): Promise<string> => workspace.readFile(path);
      for await (const result of workspace.batchProcess(files, processFile)) {
        print(`Processed: ${result.path}`);
      }
      assert.deepEqual(out, ["Processed: /file1.txt", "Processed: /file2.txt"]);
    });
  });
});

describe("Streaming", () => {
  it("gives files and output piece by piece", async () => {
    await withProject(async (afs, _, print, out) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/large-file.bin", new Uint8Array(20_000));
      await workspace.writeFile("/build.sh", "echo built\n");

      // Stream file content
      {
        await using stream = await workspace.openStream("/large-file.bin", "r");
        for (let chunk; (chunk = await stream.read(8192)) !== null;) print(`${chunk.length}`);
      }

      // Stream command output
      for await (const line of workspace.runStream("sh ./build.sh")) print(line);
      assert.deepEqual(out, ["8192", "8192", "3616", "built\n"]);
    });
  });
});

describe("Context Managers", () => {
  it("cleans up a temporary workspace", async () => {
    await withProject(async (afs) => {
      let name: string;
      {
        await using workspace = await afs.workspace.temp("temp-task");
        name = workspace.name;
        await workspace.run("echo working > task.txt");
      }
      assert.equal(await afs.workspace.has(name), false);
    });
  });

  it("cleans up a temporary snapshot", async () => {
    await withProject(async (afs) => {
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/a.txt", "precious");
      {
        await using snapshot = await workspace.snapshot.temp();
        const { success } = await workspace.run("rm a.txt; false");
        if (!success) await workspace.snapshot.restore(snapshot.name);
      }
      assert.equal(await workspace.readFile("/a.txt"), "precious");
      assert.deepEqual(await workspace.snapshot.list(), []);
    });
  });
});

describe("Testing", () => {
  it("has fixtures", async () => {
    await using temporary = await TemporaryWorkspace.create();
    const { workspace } = temporary;

    // test_workspace_creation
    assert.equal(workspace.name, "test");
    assert.equal(await workspace.exists(), true);

    // test_file_operations
    await workspace.writeFile("/test.txt", "Hello");
    assert.equal(await workspace.readFile("/test.txt"), "Hello");

    // test_command_execution
    const result = await workspace.run("echo test");
    assert.equal(result.stdout.trim(), "test");
    assert.equal(result.code, 0);
  });
});

// Use temporaryWorkspace for isolated tests
Deno.test(
  "Testing, isolated operations",
  temporaryWorkspace(async (workspace) => {
    // Workspace is temporary and will be cleaned up
    await workspace.writeFile("/data.txt", "data");
    assert.equal(await workspace.exists("/data.txt"), true);
  }),
);

describe("Type Hints", () => {
  it("types what it gives", async () => {
    async function processWorkspace(workspace: Workspace): Promise<string[]> {
      const status = await workspace.status();
      return status.modified.map((file) => file.path);
    }
    async function createSnapshot(workspace: Workspace, name: string): Promise<Snapshot | null> {
      const { hasChanges } = await workspace.status();
      return hasChanges ? await workspace.snapshot.create(name) : null;
    }
    await using temporary = await TemporaryWorkspace.create({ files: { "/a.txt": "1" } });
    const { workspace } = temporary;
    assert.equal(await createSnapshot(workspace, "nothing"), null);
    await workspace.writeFile("/a.txt", "2");
    assert.deepEqual(await processWorkspace(workspace), ["/a.txt"]);
    assert.equal((await createSnapshot(workspace, "something"))?.name, "something");
  });
});

describe("Async Support", () => {
  it("is how everything works", async () => {
    await withProject(async (afs) => {
      // Create workspace
      const workspace = await afs.workspace.create("my-workspace");
      await workspace.writeFile("/build.sh", "echo built\n");

      // Run command
      const result = await workspace.run("sh ./build.sh");
      assert.equal(result.stdout, "built\n");

      // File operations
      await workspace.writeFile("/file.txt", "content");
      const content = await workspace.readFile("/file.txt");
      assert.equal(content, "content");
    });
  });
});
