/**
 * Random edits of a workspace, as agents and their tools make them: through the API, and by plain
 * calls on its directory.
 *
 * @module
 */

import { AgentFSError, type Workspace } from "../../mod.ts";
import type { Random } from "../random.ts";

const NAMES = [
  ..."abc",
  "a.",
  "a-b",
  "a.b",
  "a0",
  "A",
  "b.log",
  "keep.log",
  "build",
  "with space",
  "trailing ",
  "new\nline",
  "-dash",
  "\"quotes'",
  "back\\slash",
  "gl*b[x]?",
  "😀",
  "é",
  "e\u0301",
  "\uff5e beyond surrogates",
  "__proto__",
  "..dots",
  ".hidden",
  `${"x".repeat(251)}.txt`,
];

const IGNORE_LINES = [
  "*.log",
  "!keep.log",
  "build/",
  "build",
  "/a",
  "b",
  "a/b",
  "!a/b",
  "/c/**",
  "A",
  "*b*",
  "new*",
];

const TARGETS = [
  "a",
  "b",
  "../a",
  "a/b",
  "build",
  ".",
  "gone",
  "/gone/too",
  "new\nline",
  "../../out",
];

const FILE_MODES = [0o600, 0o444, 0o755, 0o700, 0o644, 0o640, 0o4755];
const DIRECTORY_MODES = [0o700, 0o755, 0o500, 0o711, 0o555, 0o2775];

/** One kind of edit; what it returns tells what was done. */
type Edit = () => string | Promise<string>;

/** Makes random edits. */
export class Editor {
  /** What was done so far, to be shown when something is wrong. */
  readonly done: string[] = [];
  readonly #random: Random;
  readonly #edits: readonly Edit[];
  #workspace: Workspace;

  constructor(random: Random, workspace: Workspace) {
    this.#random = random;
    this.#workspace = workspace;
    const usual = [
      () => this.#writeByApi(),
      () => this.#writePlainly(),
      () => this.#rewriteWithSameSize(),
      () => this.#remove(),
      () => this.#rename(),
      () => this.#chmod(),
      () => this.#link(),
      () => this.#makeDirectory(),
      () => this.#changeKind(),
    ];
    const rare = [
      () => this.#append(),
      () => this.#copyByApi(),
      () => this.#hardLink(),
      () => this.#touch(),
      () => this.#ignore(),
      () => this.#ignore(),
      () => this.#stage(),
    ];
    this.#edits = [...usual, ...usual, ...usual, ...rare];
  }

  /** Goes on with the same workspace, opened again. */
  continueIn(workspace: Workspace): void {
    this.#workspace = workspace;
  }

  /** Makes one edit. One that the file system does not take counts too. */
  async edit(): Promise<void> {
    const edit = this.#random.pick(this.#edits);
    try {
      this.done.push(await edit());
    } catch (error) {
      const isRefusal = error instanceof AgentFSError || error instanceof NothingToEdit ||
        (error instanceof Error && "code" in error);
      if (!isRefusal) throw error;
      this.done.push(`(${error.message})`);
    }
  }

  async #writeByApi(): Promise<string> {
    const path = this.#anyPath();
    const [content, told] = this.#content();
    const mode = this.#random.rarely(3, this.#random.pick(FILE_MODES), undefined);
    await this.#workspace.writeFile(path, content, mode === undefined ? {} : { mode });
    return `writeFile ${path} ${told} ${mode?.toString(8) ?? ""}`;
  }

  #writePlainly(): string {
    const path = this.#anyPath();
    const [content, told] = this.#content();
    this.#unlink(path);
    Deno.writeFileSync(this.#at(path), content);
    return `Deno.writeFile ${path} ${told}`;
  }

  /** What a cache of stat data is most likely to miss. */
  #rewriteWithSameSize(): string {
    const path = this.#somePath("file");
    const file = this.#at(path);
    const { mtime, atime } = Deno.lstatSync(file);
    const content = Deno.readFileSync(file);
    if (content.length === 0) throw new NothingToEdit("it is empty");
    const at = this.#random.below(content.length);
    content[at] = content[at]! ^ 1;
    const how = this.#random.pick(["in place", "by a rename", "with the old mtime"]);
    if (how === "by a rename") {
      const temporary = `${this.#workspace.path}/../../tmp/rewrite`;
      Deno.writeFileSync(temporary, content, { mode: Deno.lstatSync(file).mode! & 0o7777 });
      Deno.renameSync(temporary, file);
    } else {
      Deno.writeFileSync(file, content);
    }
    if (how !== "in place") Deno.utimeSync(file, atime!, mtime!);
    return `rewrite ${path} ${how}`;
  }

  async #append(): Promise<string> {
    const path = this.#somePath("file");
    await this.#workspace.writeFile(path, "more\n", { append: true });
    return `append ${path}`;
  }

  async #remove(): Promise<string> {
    const path = this.#somePath();
    if (this.#flip()) await this.#workspace.delete(path, { recursive: true });
    else Deno.removeSync(this.#at(path), { recursive: true });
    return `delete ${path}`;
  }

  async #rename(): Promise<string> {
    const [from, to] = [this.#somePath(), this.#anyPath()];
    if (this.#flip()) await this.#workspace.move(from, to);
    else Deno.renameSync(this.#at(from), this.#at(to));
    return `move ${from} to ${to}`;
  }

  async #copyByApi(): Promise<string> {
    const [from, to] = [this.#somePath(), this.#anyPath()];
    await this.#workspace.copy(from, to);
    return `copy ${from} to ${to}`;
  }

  async #chmod(): Promise<string> {
    const kind = this.#random.pick(["file", "directory"] as const);
    const path = this.#somePath(kind);
    const mode = this.#random.pick(kind === "file" ? FILE_MODES : DIRECTORY_MODES);
    if (this.#flip()) await this.#workspace.chmod(path, mode);
    else Deno.chmodSync(this.#at(path), mode);
    return `chmod ${path} ${mode.toString(8)}`;
  }

  async #link(): Promise<string> {
    const [path, target] = [this.#anyPath(), this.#random.pick(TARGETS)];
    if (this.#flip()) await this.#workspace.symlink(target, path);
    else Deno.symlinkSync(target, this.#at(path));
    return `symlink ${path} -> ${target}`;
  }

  async #makeDirectory(): Promise<string> {
    const path = this.#anyPath();
    if (this.#flip()) await this.#workspace.mkdir(path);
    else Deno.mkdirSync(this.#at(path), { recursive: true });
    return `mkdir ${path}`;
  }

  /** A file, a directory or a link becomes another of the three. */
  #changeKind(): string {
    const path = this.#somePath();
    const file = this.#at(path);
    Deno.removeSync(file, { recursive: true });
    const kind = this.#random.pick(["file", "directory", "link"]);
    if (kind === "file") Deno.writeTextFileSync(file, "a file now\n");
    else if (kind === "link") Deno.symlinkSync(this.#random.pick(TARGETS), file);
    else {
      Deno.mkdirSync(file);
      if (this.#flip()) Deno.writeTextFileSync(`${file}/${this.#random.pick(NAMES)}`, "inside\n");
    }
    return `${path} becomes a ${kind}`;
  }

  #hardLink(): string {
    const [from, to] = [this.#somePath("file"), this.#anyPath()];
    Deno.linkSync(this.#at(from), this.#at(to));
    return `link ${from} ${to}`;
  }

  #touch(): string {
    const path = this.#somePath("file");
    const time = new Date(Date.now() - this.#random.below(3) * 1000);
    Deno.utimeSync(this.#at(path), time, time);
    return `touch ${path}`;
  }

  #ignore(): string {
    const directory = this.#random.pick(["", "", ...this.#paths("directory")]);
    const lines = Array.from({ length: this.#random.below(3) }, () => {
      return this.#random.pick(IGNORE_LINES);
    });
    this.#unlink(`${directory}/.gitignore`);
    Deno.writeTextFileSync(`${this.#at(directory)}/.gitignore`, lines.join("\n") + "\n");
    return `${directory}/.gitignore: ${lines.join(" ")}`;
  }

  /** An agent makes an ignored file tracked, or a tracked one untracked. */
  async #stage(): Promise<string> {
    const path = this.#somePath("file");
    const command = this.#random.pick([["add", "--force"], ["rm", "--cached", "--quiet"]]);
    await this.#workspace.run(["git", ...command, "--", `:(literal)${path.slice(1)}`]);
    return `git ${command.join(" ")} ${path}`;
  }

  /** A plain write would follow a link out of the workspace. */
  #unlink(path: string): void {
    const isLink = [...Deno.readDirSync(this.#at(path.slice(0, path.lastIndexOf("/"))))]
      .some(({ name, isSymlink }) => isSymlink && path.endsWith(`/${name}`));
    if (isLink) Deno.removeSync(this.#at(path));
  }

  #content(): [content: Uint8Array, told: string] {
    const random = this.#random;
    const kind = random.rarely(
      100,
      "big",
      random.pick(["text", "crlf", "open", "binary", "empty"]),
    );
    const text = `line ${random.below(1000)}`;
    const encoder = new TextEncoder();
    if (kind === "text") return [encoder.encode(`${text}\nand another\n`), kind];
    if (kind === "crlf") return [encoder.encode(`${text}\r\nand another\r\n`), kind];
    if (kind === "open") return [encoder.encode(text), "without a final newline"];
    if (kind === "empty") return [new Uint8Array(), kind];
    const bytes = new Uint8Array(kind === "big" ? 1024 * 1024 + random.below(1000) : 100);
    for (let at = 0; at < bytes.length; at += 97) bytes[at] = random.below(256);
    return [bytes, kind];
  }

  #flip(): boolean {
    return this.#random.below(2) === 0;
  }

  #at(path: string): string {
    return this.#workspace.path + path;
  }

  /** A path that may be there, or not. */
  #anyPath(): string {
    if (this.#random.below(3) === 0) return this.#somePath();
    const parent = this.#random.pick(["", ...this.#paths("directory"), "/new"]);
    return `${parent}/${this.#random.pick(NAMES)}`;
  }

  /** A path that is there. */
  #somePath(kind?: "file" | "directory"): string {
    const paths = this.#paths(kind);
    if (paths.length === 0) throw new NothingToEdit("there is nothing like it");
    return this.#random.pick(paths);
  }

  #paths(kind?: "file" | "directory"): string[] {
    const paths: string[] = [];
    const look = (path: string): void => {
      for (const { name, isFile, isDirectory } of Deno.readDirSync(this.#at(path))) {
        const below = `${path}/${name}`;
        if (below === "/.git") continue;
        if (kind === undefined || (kind === "file" ? isFile : isDirectory)) paths.push(below);
        if (isDirectory) look(below);
      }
    };
    look("");
    return paths.sort();
  }
}

class NothingToEdit extends Error {}
