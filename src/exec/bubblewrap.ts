/**
 * Holds commands by bubblewrap: namespaces of their own for users, processes, mounts, IPC, host name,
 * cgroups and network; no capabilities; and a file system in which only what was granted is there.
 *
 * Below version 0.12 bubblewrap can be led, through a link, to make a mount point outside of the sandbox
 * that it sets up. So none is ever made where a command can write: what is mounted over in a writable
 * directory is there, and was looked at.
 *
 * @module
 */

import { SandboxError } from "../errors.ts";
import { ContainedProcess } from "../platform/contained_process.ts";
import { lstat, mayRead, mayWrite, realPath } from "../platform/fs.ts";
import type { ProcessTree } from "../platform/process.ts";
import { carried, launcher } from "./launcher.ts";
import { limitScript } from "./limits.ts";
import type { Grants } from "./permissions.ts";
import type { Mount, Sandbox, SandboxRequest } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";
import type { SystemView } from "./system_view.ts";
import type { Limits } from "./types.ts";

/** Everything that does not depend on the command. */
const ISOLATION = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup-try",
  "--disable-userns",
  "--cap-drop",
  "ALL",
  "--new-session",
  "--die-with-parent",
  "--hostname",
  "agentfs",
];

/** Memory that its private file systems may take: a command must not fill the machine's. */
const TMP_BYTES = 1024 ** 3;
const SHARED_MEMORY_BYTES = 256 * 1024 ** 2;

/**
 * `/proc` is read-only as a whole: even without capabilities, a command of root may write much of it.
 * `/dev` is bubblewrap's own, with a terminal, random numbers and `/dev/null`.
 */
const KERNEL = [
  "--proc",
  "/proc",
  "--remount-ro",
  "/proc",
  "--dev",
  "/dev",
  "--size",
  String(SHARED_MEMORY_BYTES),
  "--tmpfs",
  "/dev/shm",
  "--remount-ro",
  "/dev",
];

const PRIVATE = ["--perms", "1777", "--size", String(TMP_BYTES), "--tmpfs", "/tmp"];

/** Where nothing of the owner's can be opened to a command, since something of the sandbox's is there. */
const RESERVED = ["/proc", "/dev", "/sys", "/run"];

/** The namespaces in which bubblewrap runs a script that looks at this machine, as a test of itself. */
export const PROBE_ARGUMENTS: readonly string[] = [
  ...ISOLATION,
  "--unshare-net",
  "--ro-bind",
  "/",
  "/",
  ...KERNEL,
  ...PRIVATE,
];

/** What is ours: what is there anyway, what no permission opens, and what none makes writable. */
type Ours = Pick<SandboxRequest, "mounts" | "secrets" | "guarded">;

/** Bubblewrap on this machine. */
export class Bubblewrap implements Sandbox {
  readonly name = "bubblewrap";
  readonly #system: SystemView;
  readonly #filter = seccompFilter();

  constructor(system: SystemView) {
    this.#system = system;
  }

  refusal(grants: Grants, limits: Limits): string | null {
    if (typeof grants.net !== "boolean") {
      return `net: ${
        JSON.stringify(grants.net)
      } cannot be held for a program, since bubblewrap gives ` +
        "all of the network or none; pass net: true or false";
    }
    if (grants.run !== true) {
      return `run: ${
        JSON.stringify(grants.run)
      } cannot be held, since a program can start what it ` +
        "can read; leave run out, or pass limits such as processes";
    }
    if (limits.processes !== undefined && this.#system.uid === 0) {
      return "the limit processes cannot be held where root runs it, whose processes the kernel does " +
        "not count; run as another user, or leave it out";
    }
    return null;
  }

  start(request: SandboxRequest): ProcessTree {
    const { environment, stdin, output, controlled = false, begins = Promise.resolve() } = request;
    return new ContainedProcess({
      argv: ({ data, control }) => [
        "bwrap",
        ...ISOLATION,
        ...(request.grants.net === true ? [] : ["--unshare-net"]),
        ...this.#files(request),
        "--chdir",
        request.directory,
        "--seccomp",
        String(data),
        "--",
        ...launcher(request.argv, {
          dropStdin: data === 0,
          control,
          limits: limitScript(request.limits, { processes: 2 }),
          environment,
        }),
      ],
      data: this.#filter,
      // It makes everything else ready before it asks for the filter.
      dataAfter: begins,
      withheld: this.#system.inherited,
      controlled,
      environment: carried(environment),
      directory: "/",
      stdin,
      output,
    });
  }

  #files({ grants, mounts, secrets, guarded }: SandboxRequest): string[] {
    const granted = grantedMounts(grants, { mounts, secrets, guarded });
    const hidden = secrets.filter((secret) => granted.some(({ path }) => isBelow(secret, path)));
    const all = granted.some(({ path }) => path === "/");
    return [
      ...(all ? ["--ro-bind", "/", "/"] : this.#programs(grants)),
      ...KERNEL,
      ...this.#system.telltales.flatMap((path) => ["--ro-bind", "/dev/null", path]),
      ...PRIVATE,
      ...(all
        ? ["--tmpfs", "/run"]
        : ["--dir", "/run", "--dir", "/var", "--symlink", "/tmp", "/var/tmp"]),
      ...granted.filter(({ path }) => path !== "/").flatMap(bind),
      ...hidden.flatMap((secret) => ["--tmpfs", secret]),
      ...mounts.flatMap(bind),
      ...[...hidden, ...(all ? [] : ["/"])].flatMap((path) => ["--remount-ro", path]),
    ];
  }

  #programs({ net }: Grants): string[] {
    const { links, paths, networkPaths } = this.#system;
    return [
      ...[...links].flatMap(([path, target]) => ["--symlink", target, path]),
      ...[...paths, ...(net === true ? networkPaths : [])].flatMap((
        path,
      ) => ["--ro-bind", path, path]),
    ];
  }
}

function bind({ path, source = path, writable }: Mount): string[] {
  if (source === null) return ["--perms", "0755", "--tmpfs", path, "--remount-ro", path];
  return [writable ? "--bind" : "--ro-bind", source, path];
}

/**
 * The paths that the permissions name, outermost first, without those that another one brings along.
 *
 * @throws {SandboxError} for one that cannot be opened to a command.
 */
function grantedMounts({ readPaths, writePaths }: Grants, ours: Ours): Mount[] {
  const isThere = ({ path, writable }: Mount): boolean =>
    ours.mounts.some((mount) => isIn(path, mount.path) && (mount.writable || !writable));
  const wanted = [
    ...readPaths.map((path) => ({ path, writable: false })),
    ...writePaths.map((path) => ({ path, writable: true })),
  ].filter((mount) => !isThere(mount));
  for (const mount of wanted) checkGrant(mount, ours);
  const isRedundant = ({ path, writable }: Mount): boolean =>
    wanted.some((other) =>
      other.path === path
        ? other.writable && !writable
        : brings(other.path, path) && (other.writable || !writable)
    );
  const unique = new Map(
    wanted.filter((mount) => !isRedundant(mount)).map((one) => [one.path, one]),
  );
  return [...unique.values()].sort((a, b) => a.path.length - b.path.length);
}

/** Whether what is in `path` comes with `directory`; `/` comes with an empty `/tmp`. */
function brings(directory: string, path: string): boolean {
  return isBelow(path, directory) && !(directory === "/" && isIn(path, "/tmp"));
}

function checkGrant({ path, writable }: Mount, { secrets, guarded }: Ours): void {
  const permission = writable ? "write" : "read";
  const refuse = (rule: string): never => {
    throw new SandboxError(`Cannot let a command ${permission} ${JSON.stringify(path)}: ${rule}`);
  };
  if (!mayRead(path) || (writable && !mayWrite(path))) {
    refuse(`Deno itself may not; run it with --allow-${permission}=${path}`);
  }
  if (lstat(path) === null) refuse("nothing is there; make it first, or leave it out");
  const real = realPath(path);
  if (real !== path) refuse(`a link is on the way; name ${JSON.stringify(real)}`);
  if (RESERVED.some((place) => isIn(path, place))) {
    refuse(`${RESERVED.join(", ")} are the sandbox's own`);
  }
  const secret = secrets.find((one) => isIn(path, one));
  if (secret !== undefined) refuse(`the workspaces and their records are in ${secret}`);
  const harmed = [...secrets, ...guarded].find((one) => isIn(path, one) || isIn(one, path));
  if (writable && harmed !== undefined) {
    refuse(`that would be writing to ${harmed}, which holds the history; name other directories`);
  }
}

function isIn(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}

function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
