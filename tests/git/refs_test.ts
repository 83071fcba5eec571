import assert from "node:assert/strict";
import { RefStore } from "../../src/git/refs.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const ONE = "1".repeat(40);
const REF = "refs/heads/agentfs/w";

/** A repository with one commit, and its refs. */
async function makeRefs(path: string): Promise<{ refs: RefStore; commit: string; common: string }> {
  await makeRepository(path, { "f": "f" });
  const common = `${path}/.git`;
  await Deno.mkdir(`${common}/agentfs/tmp`, { recursive: true });
  const refs = new RefStore(common, {
    temporaryDirectory: `${common}/agentfs/tmp`,
    session: "session",
  });
  return { refs, common, commit: (await git(path, "rev-parse", "HEAD")).trim() };
}

/** Every ref as git lists it: `<oid> <name>`. */
async function listedByGit(path: string, prefix = "refs/"): Promise<string[]> {
  const text = await git(path, "for-each-ref", "--format=%(objectname) %(refname)", prefix);
  return text.split("\n").filter((line) => line !== "");
}

function listed(refs: RefStore, prefix: string): string[] {
  const found = refs.list(prefix);
  assert.deepEqual([...refs.names(prefix)].sort(), found.map(({ ref }) => ref).sort());
  return found.map(({ ref, oid }) => `${oid} ${ref}`);
}

/** No lock and no temporary file may stay behind, whatever happened. */
async function assertNothingLeft(common: string): Promise<void> {
  const { stdout } = await new Deno.Command("find", {
    args: [common, "-name", "*.lock", "-o", "-path", "*/agentfs/tmp/*"],
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "");
}

Deno.test("RefStore.list() agrees with `git for-each-ref`, packed and loose", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs } = await makeRefs(path);
  for (const name of ["b", "a/z", "a-", "a.b", "é", "a/b/c"]) await git(path, "branch", name);
  await git(path, "tag", "--annotate", "--message", "m", "t1");
  await git(path, "pack-refs", "--all");
  await git(path, "commit", "--quiet", "--allow-empty", "--message", "second");
  await git(path, "branch", "--force", "a/z");
  await git(path, "branch", "😀");
  await git(path, "branch", "\uff5e");
  await git(path, "tag", "--annotate", "--message", "m", "t2");
  await git(path, "symbolic-ref", "refs/heads/symbolic", "refs/heads/b");

  for (const prefix of ["refs/", "refs/heads/", "refs/heads/a/", "refs/tags/", "refs/none/"]) {
    assert.deepEqual(listed(refs, prefix), await listedByGit(path, prefix), prefix);
  }
  for (const { ref, oid } of refs.list("refs/")) assert.equal(refs.read(ref), oid);
  assert.equal(refs.read("HEAD"), refs.read("refs/heads/main"));
  assert.equal(refs.read("refs/heads/none"), null);
  assert.equal(refs.read("refs/heads/a"), null);
});

Deno.test("RefStore.update() compares and swaps", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, commit } = await makeRefs(path);
  const conflict = { code: "StoreError", message: /ref conflict/ };

  assert.throws(() => refs.update(REF, commit, ONE), conflict);
  assert.equal(refs.read(REF), null);
  refs.update(REF, commit, null);
  assert.equal(await git(path, "rev-parse", REF), `${commit}\n`);
  assert.throws(() => refs.update(REF, ONE, null), conflict);
  assert.throws(() => refs.update(REF, commit, ONE), conflict);

  await git(path, "commit", "--quiet", "--allow-empty", "--message", "second");
  const second = (await git(path, "rev-parse", "HEAD")).trim();
  await git(path, "pack-refs", "--all");
  refs.update(REF, second, commit);
  assert.equal(await git(path, "rev-parse", REF), `${second}\n`);
  await git(path, "update-ref", REF, commit, second);
  refs.update(REF, second, undefined);
  assert.equal(refs.read(REF), second);
  await git(path, "fsck", "--strict");
  await assertNothingLeft(common);
});

Deno.test("RefStore.update() works where packing has left empty directories", async () => {
  await using directory = await temporaryDirectory();
  const { refs, common, commit } = await makeRefs(directory.path);
  refs.update("refs/agentfs/w/snapshots/deep/er", commit, null);
  await git(directory.path, "update-ref", "-d", "refs/agentfs/w/snapshots/deep/er");
  await Deno.mkdir(`${common}/refs/agentfs/w/snapshots/deep/er/est`, { recursive: true });
  refs.update("refs/agentfs/w/snapshots/deep", commit, null);
  assert.deepEqual(listed(refs, "refs/agentfs/"), [`${commit} refs/agentfs/w/snapshots/deep`]);
});

Deno.test("RefStore.update() names the ref that is a directory of its name, or the reverse", async (t) => {
  for (const packed of [false, true]) {
    await t.step(packed ? "packed" : "loose", async () => {
      await using directory = await temporaryDirectory();
      const { path } = directory;
      const { refs, common, commit } = await makeRefs(path);
      await git(path, "branch", "agentfs");
      refs.update("refs/agentfs/w/snapshots/a/b", commit, null);
      if (packed) await git(path, "pack-refs", "--all", "--prune");

      assert.throws(() => refs.update(REF, commit, null), {
        code: "StoreError",
        message: /refs\/heads\/agentfs exists.*rename that branch with `git branch -m agentfs /,
      });
      assert.throws(() => refs.update("refs/heads/agentfs/deep/er", commit, null), {
        code: "StoreError",
        message: /refs\/heads\/agentfs exists/,
      });
      assert.throws(() => refs.update("refs/agentfs/w/snapshots/a", commit, null), {
        code: "StoreError",
        message: /refs\/agentfs\/w\/snapshots\/a\/b exists/,
      });
      assert.throws(() => refs.update("refs/agentfs/w/snapshots/a/b/c/d", commit, null), {
        code: "StoreError",
        message: /refs\/agentfs\/w\/snapshots\/a\/b exists/,
      });
      const names = (await listedByGit(path)).map((line) => line.slice(41));
      const expected = ["refs/agentfs/w/snapshots/a/b", "refs/heads/agentfs", "refs/heads/main"];
      assert.deepEqual(names, expected);
      await git(path, "branch", "-m", "agentfs", "renamed");
      refs.update(REF, commit, null);
      await assertNothingLeft(common);
    });
  }
});

Deno.test("RefStore.delete() takes a ref out of packed-refs and leaves every other byte", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, commit } = await makeRefs(path);
  await git(path, "tag", "--annotate", "--message", "m", "kept");
  await git(path, "tag", "--annotate", "--message", "m", "gone");
  const line = [...new TextEncoder().encode(`create refs/heads/latin-`), 0xe9, 0x20];
  const stdin = new Uint8Array([...line, ...new TextEncoder().encode(`${commit}\n`)]);
  await tryGit(path, ["update-ref", "--stdin"], { stdin });
  refs.update(REF, commit, null);
  const tag = refs.read("refs/tags/gone")!;
  await git(path, "pack-refs", "--all");
  refs.update(REF, commit, commit);
  const before = await Deno.readFile(`${common}/packed-refs`);

  assert.throws(() => refs.delete("refs/tags/gone", ONE), { message: /ref conflict/ });
  refs.delete("refs/tags/gone", tag);
  refs.delete(REF);
  refs.delete(REF);
  assert.throws(() => refs.delete(REF, commit), { message: /ref conflict/ });

  const latin1 = new TextDecoder("latin1");
  const expected = latin1.decode(before)
    .replace(`${tag} refs/tags/gone\n^${commit}\n`, "")
    .replace(`${commit} ${REF}\n`, "");
  assert.equal(latin1.decode(await Deno.readFile(`${common}/packed-refs`)), expected);
  assert.equal((await tryGit(path, ["rev-parse", "--verify", REF])).code, 128);
  assert.equal((await Deno.stat(`${common}/refs/heads`)).isDirectory, true);
  await assert.rejects(Deno.stat(`${common}/refs/heads/agentfs`));
  await git(path, "fsck", "--strict");
  await assertNothingLeft(common);
});

Deno.test("RefStore refuses a symbolic ref, a damaged ref and a name that leads elsewhere", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, commit } = await makeRefs(path);
  await git(path, "symbolic-ref", REF, "refs/heads/main");
  const symbolic = { code: "StoreError", message: /symbolic.*git symbolic-ref --delete/ };
  assert.throws(() => refs.update(REF, ONE, undefined), symbolic);
  assert.throws(() => refs.delete(REF), symbolic);
  assert.equal(refs.read("refs/heads/main"), commit);

  await git(path, "symbolic-ref", "refs/heads/round", "refs/heads/round");
  assert.throws(() => refs.read("refs/heads/round"), { code: "StoreError" });
  await Deno.remove(`${common}/refs/heads/round`);
  await Deno.writeTextFile(`${common}/refs/heads/damaged`, "");
  assert.throws(() => refs.read("refs/heads/damaged"), {
    code: "StoreError",
    message: /refs\/heads\/damaged.*damaged/,
  });
  await Deno.remove(`${common}/refs/heads/damaged`);

  await Deno.writeTextFile(
    `${common}/packed-refs`,
    `${commit} refs/agentfs/../../config\n${commit} refs/agentfs/fine\n`,
  );
  assert.deepEqual(refs.list("refs/agentfs/"), [{ ref: "refs/agentfs/fine", oid: commit }]);
  for (const name of ["refs/agentfs/../../config", "refs/a//b", "config", "refs/a.lock", "refs/"]) {
    assert.throws(() => refs.update(name, commit, undefined), { code: "StoreError" }, name);
    assert.throws(() => refs.delete(name), { code: "StoreError" }, name);
    assert.equal(refs.read(name), null);
  }
  await Deno.writeTextFile(`${common}/packed-refs`, "no such line\n");
  assert.throws(() => refs.list("refs/"), { code: "StoreError", message: /packed-refs/ });
});

Deno.test("RefStore.appendReflog() writes what git writes, and delete() removes it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { refs, common, commit } = await makeRefs(path);
  const who = { name: "A <b>\n, ", email: "a@b", timestamp: 1700000000, timezoneOffset: -330 };
  refs.update(REF, commit, null);
  refs.appendReflog(REF, null, commit, who, "commit:  a\nb\n");
  const env = {
    GIT_COMMITTER_NAME: who.name,
    GIT_COMMITTER_EMAIL: who.email,
    GIT_COMMITTER_DATE: "1700000000 +0530",
  };
  const args = [
    "update-ref",
    "-m",
    "commit:  a\nb\n",
    "--create-reflog",
    "refs/heads/twin",
    commit,
  ];
  await tryGit(path, args, { env });
  const ours = await Deno.readTextFile(`${common}/logs/${REF}`);
  assert.equal(ours, await Deno.readTextFile(`${common}/logs/refs/heads/twin`));
  refs.appendReflog(REF, commit, commit, who, "");
  assert.equal(
    await git(path, "reflog", "show", "--format=%gd %gs", "agentfs/w"),
    "agentfs/w@{0} \nagentfs/w@{1} commit: a b\n",
  );

  refs.appendReflog("refs/agentfs/w/snapshots/s", null, commit, who, "no branch, no log");
  await assert.rejects(Deno.stat(`${common}/logs/refs/agentfs`));
  refs.delete(REF, commit);
  await assert.rejects(Deno.stat(`${common}/logs/refs/heads/agentfs`));
  assert.equal((await Deno.stat(`${common}/logs/refs/heads/main`)).isFile, true);

  await Deno.remove(`${common}/logs`, { recursive: true });
  refs.appendReflog(REF, null, commit, who, "this repository keeps no logs");
  await assert.rejects(Deno.stat(`${common}/logs`));
});

Deno.test("RefStore gives what root makes to the owner of the repository", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { common, commit } = await makeRefs(path);
  const isRoot = Deno.uid() === 0;
  const user = isRoot ? 1234 : Deno.uid()!;
  if (isRoot) await new Deno.Command("chown", { args: ["-R", "1234:1235", path] }).output();
  const options = { temporaryDirectory: `${common}/agentfs/tmp`, session: "s" };
  const refs = new RefStore(common, options);
  const who = { name: "A", email: "a@b", timestamp: 1700000000, timezoneOffset: 0 };
  refs.update(REF, commit, null);
  refs.appendReflog(REF, null, commit, who, "made");
  refs.update("refs/agentfs/w/snapshots/s", commit, null);
  await git(path, "update-ref", "refs/agentfs/packed", commit);
  await git(path, "pack-refs", "--all", "--no-prune");
  refs.delete("refs/agentfs/packed");
  for (
    const file of ["packed-refs", REF, `logs/${REF}`, "logs/refs/heads/agentfs", "refs/agentfs"]
  ) {
    assert.equal((await Deno.stat(`${common}/${file}`)).uid, user, file);
  }
  assert.equal((await Deno.stat(`${common}/${REF}`)).nlink, 1);
});
