/**
 * Real git, the oracle of the tests, with nothing of this machine's configuration.
 *
 * @module
 */

const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  LANG: "C.UTF-8",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Owner",
  GIT_AUTHOR_EMAIL: "owner@example.com",
  GIT_COMMITTER_NAME: "Owner",
  GIT_COMMITTER_EMAIL: "owner@example.com",
  GIT_CONFIG_COUNT: "3",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  GIT_CONFIG_KEY_1: "init.defaultBranch",
  GIT_CONFIG_VALUE_1: "main",
  GIT_CONFIG_KEY_2: "protocol.file.allow",
  GIT_CONFIG_VALUE_2: "always",
};

/** How git ended. */
export interface GitOutput {
  code: number;
  stdout: string;
  stderr: string;
  bytes: Uint8Array;
}

/** Runs git in `cwd`, whatever it returns. */
export async function tryGit(
  cwd: string,
  args: string[],
  options: { env?: Record<string, string>; stdin?: Uint8Array | string } = {},
): Promise<GitOutput> {
  const { stdin } = options;
  const child = new Deno.Command("git", {
    args,
    cwd,
    clearEnv: true,
    env: { ...ENVIRONMENT, ...options.env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  }
  const output = await child.output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
    bytes: output.stdout,
  };
}

/** Runs git in `cwd` and gives what it printed; throws where it fails. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryGit(cwd, args);
  if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code} in ${cwd}: ${stderr}`);
  return stdout;
}

/** Makes a repository at `path` with one commit of `files`. */
export async function makeRepository(path: string, files: Record<string, string>): Promise<void> {
  const { writeFiles } = await import("./temporary.ts");
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "--quiet");
  await writeFiles(path, files);
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--allow-empty", "--message", "first");
}
