import assert from "node:assert/strict";
import { AgentFSError } from "../../src/errors.ts";
import { resolveBeneath } from "../../src/worktree/beneath.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";

interface Case {
  root: string;
  path: string;
  follow: boolean;
}

/** What the kernel or we say: the inode that a path leads to, or the name of an error. */
type Answer = number | string;

/** Asks openat2(2) by way of Python; `null` where this machine cannot. */
async function askKernel(cases: Case[]): Promise<Answer[] | null> {
  const script = new URL("openat2.py", import.meta.url).pathname;
  const command = new Deno.Command("python3", { args: [script], stdin: "piped", stdout: "piped" });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(cases)));
  await writer.close();
  const { code, stdout } = await child.output();
  assert.equal(code, 0);
  const answers: Answer[] = JSON.parse(new TextDecoder().decode(stdout));
  return answers.every((answer) => answer === "ENOSYS" || answer === "EPERM") ? null : answers;
}

function askUs({ root, path, follow }: Case): { answer: Answer; message: string } {
  try {
    const { path: place, stat, missing } = resolveBeneath(root, path, { follow });
    const above = parent(missing[0] ?? place);
    assert.equal(Deno.realPathSync(above), above, "a part of the path is a link");
    assert(`${place}/`.startsWith(`${root}/`), "the path leads out");
    if (stat === null) return { answer: "FileNotFoundError", message: "" };
    return { answer: stat.ino, message: "" };
  } catch (error) {
    if (!(error instanceof AgentFSError)) throw error;
    return { answer: error.code, message: error.message };
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** What we say where the kernel says this. */
const OUR_WORDS: Record<string, string> = {
  ENOENT: "FileNotFoundError",
  ENOTDIR: "NotADirectoryError",
  EXDEV: "PathError",
  ELOOP: "PathError",
  ENAMETOOLONG: "PathError",
};

/** The rules by which we refuse what the kernel allows, or refuse it in other words. */
const STRICTER: [rule: string, applies: (message: string, example: Case) => boolean][] = [
  ["a name stands for .git", (message) => message.endsWith("stands for .git")],
  ["`..` climbs above the root, links not counted", (message, { path }) => {
    let depth = 0;
    const climbs = path.split("/").some((name) => {
      depth += name === ".." ? -1 : name === "" || name === "." ? 0 : 1;
      return depth < 0;
    });
    return climbs && message.endsWith("it leads out of the workspace");
  }],
  ["a slash behind a link that is not to be followed", (message, { path, follow }) => {
    return !follow && /[^/]\/+\.?$|\/\.$/.test(path) && message.endsWith("is no directory");
  }],
];

function disagreement(example: Case, kernel: Answer): string | null {
  const { answer, message } = askUs(example);
  if (answer === (OUR_WORDS[kernel] ?? kernel)) return null;
  const refused = typeof answer === "string" && answer !== "FileNotFoundError";
  if (refused && STRICTER.some(([, applies]) => applies(message, example))) return null;
  return `${JSON.stringify(example)}: the kernel says ${kernel}, we say ${answer} ${message}`;
}

/** Every path in two ways: its last component followed, and not. */
function bothWays(root: string, paths: string[]): Case[] {
  return paths.flatMap((path) => [{ root, path, follow: true }, { root, path, follow: false }]);
}

async function compareWithKernel(cases: Case[]): Promise<void> {
  const answers = await askKernel(cases) ?? [];
  const wrong = answers.map((answer, i) => disagreement(cases[i]!, answer));
  assert.deepEqual(wrong.filter((line) => line !== null), []);
}

const oracle = await askKernel([{ root: "/", path: "/", follow: true }]) !== null
  ? "as openat2(2) does"
  : "(python3 or openat2(2) is missing here, so the kernel was NOT asked)";

Deno.test(`resolveBeneath() leads where a table of paths leads, ${oracle}`, async () => {
  await using directory = await temporaryDirectory();
  const root = `${directory.path}/workspace`;
  const links: Record<string, string> = {
    "to-file": "file",
    "to-dir": "dir",
    "to-leaf": "sub/deep/leaf",
    "dot": ".",
    "slash-file": "file/",
    "slash-dir": "dir/",
    "slash-gone": "gone/",
    "up": "..",
    "out": "../outside/secret",
    "dir/up": "..",
    "dir/up-file": "../file",
    "dir/out": "../../outside",
    "out-and-back": "../workspace/file",
    "dir/out-and-back": "../../workspace/file",
    "absolute": "/etc/hostname",
    "absolute-inside": `${root}/file`,
    "absolute-directory": `${root}/dir`,
    "proc": "/proc/self/root",
    "dangling": "gone",
    "dangling-deep": "gone/deeper",
    "through-file": "file/x",
    "self": "self",
    "loop-a": "loop-b",
    "loop-b": "loop-a",
    "zigzag": "sub/../dir/../sub/deep",
    "zigzag-out": "sub/../../workspace/sub",
    "link-to-link-slash": "to-dir/",
    "to-git": ".git",
    "to-git-inside": "sub/../.git",
    "to-git-case": ".GIT/config",
    "long": "x".repeat(256),
    "chain-0": "dir",
  };
  for (let i = 1; i <= 45; i++) links[`chain-${i}`] = `chain-${i - 1}`;
  for (const made of [`${directory.path}/outside`, `${root}/dir`, `${root}/sub/deep`]) {
    await Deno.mkdir(made, { recursive: true });
  }
  await Deno.writeTextFile(`${directory.path}/outside/secret`, "secret");
  for (const file of ["file", "dir/file", "sub/deep/leaf", ".git", "line\nbreak", "-dash", "🦕"]) {
    await Deno.writeTextFile(`${root}/${file}`, file);
  }
  for (const [path, target] of Object.entries(links)) {
    await Deno.symlink(target, `${root}/${path}`);
  }
  const below = ["file", "..", "../file", "../../file", "x/y", ".", "up/dir/file", "out/secret"];
  const paths = [
    ...[
      "",
      "/",
      ".",
      "..",
      "/..",
      "//file",
      "./file",
      "file/",
      "file/.",
      "file/..",
      "dir/",
      "dir/.",
    ],
    ...["dir/..", "dir/../..", "dir/../../workspace/file", "gone", "gone/", "gone/..", "gone/x"],
    ...["file/x", "dir/file/x", ".git", "./.git", ".Git/config", "git~1", "sub/.git/x", ".git "],
    ...["line\nbreak", "-dash", "🦕", "y".repeat(255), "y".repeat(256), "x/".repeat(2050)],
    ...Object.keys(links).filter((link) => !link.startsWith("chain-")),
    ...Object.keys(links).map((link) => `${link}/`),
    ...["chain-38", "chain-39", "chain-40", "chain-38/file", "chain-39/file", "chain-40/file"],
    ...Object.keys(links).flatMap((link) => below.map((rest) => `${link}/${rest}`)),
  ];
  await compareWithKernel(bothWays(root, paths));
});

Deno.test(`resolveBeneath() leads where random paths lead, ${oracle}`, async () => {
  await using directory = await temporaryDirectory();
  const names = ["a", "b", "c", "d"];
  const cases: Case[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    // The seed is in every message, being a part of the root.
    const root = `${directory.path}/seed-${seed}/a`;
    const random = new Random(seed);
    const randomPath = (parts: string[], longest: number) => {
      return Array.from({ length: 1 + random.below(longest) }, () => random.pick(parts)).join("/");
    };
    await Deno.mkdir(root, { recursive: true });
    for (let i = 0; i < 40; i++) {
      const path = `${root}/${randomPath(names, 3)}`;
      const kind = random.below(5);
      try {
        if (kind === 0) await Deno.writeTextFile(path, "", { createNew: true });
        else if (kind === 1) await Deno.mkdir(path, { recursive: true });
        else {
          const start = random.below(12) === 0 ? "/" : "";
          await Deno.symlink(start + randomPath([...names, "..", "..", ".", ""], 4), path);
        }
      } catch {
        // Taken, or below a file or a loop: the tree is random all the same.
      }
    }
    const parts = [names, names, names, names, names, "..", "..", ".", "", ".git"].flat();
    const paths = Array.from({ length: 100 }, () => randomPath(parts, 6));
    cases.push(...bothWays(root, paths));
  }
  await compareWithKernel(cases);
});

Deno.test("resolveBeneath() says what is missing when parents are to be made", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  await Deno.mkdir(`${root}/dir`);
  await Deno.symlink("dir/new", `${root}/link`);
  const place = resolveBeneath(root, "link/deep/file", { follow: true });
  assert.deepEqual(place, {
    asked: "/link/deep/file",
    path: `${root}/dir/new/deep/file`,
    inside: "/dir/new/deep/file",
    stat: null,
    missing: [`${root}/dir/new`, `${root}/dir/new/deep`],
    directoryOnly: false,
  });
  assert.equal(resolveBeneath(root, "dir/x/", { follow: false }).directoryOnly, true);
  assert.equal(resolveBeneath(root, "dir/", { follow: false }).directoryOnly, false);
});

Deno.test("resolveBeneath() refuses soon when links make a path of a great many names", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  for (let i = 0; i < 40; i++) {
    await Deno.symlink(`link-${i + 1}/${"x/".repeat(2000)}`, `${root}/link-${i}`);
  }
  const start = performance.now();
  for (const path of ["/link-0", "/link-0/", `/link-0/${"y/".repeat(2000)}`, "z/".repeat(1e6)]) {
    const resolve = () => resolveBeneath(root, path, { follow: true });
    assert.throws(resolve, { code: "PathError", message: /at most 4095 bytes$/ });
  }
  assert(performance.now() - start < 2000);
});
