/**
 * The part of this machine that every sandboxed command sees, read-only: the system's programs and
 * libraries, and the few files of `/etc` that they need. And what it would see by accident: the files
 * that this process was started with open.
 *
 * @module
 */

/** Directories of programs and libraries. On most systems all but `/usr` are links into it. */
const PROGRAMS = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/nix/store",
  "/gnu/store",
];

/** Names and numbers of users, hosts and protocols, what the loader and the C library read. */
const SETTINGS = [
  "alternatives",
  "group",
  "hosts",
  "ld.so.cache",
  "localtime",
  "nsswitch.conf",
  "passwd",
];

/** What a command that may use the network needs besides: where names are asked for, whom to trust. */
const NETWORK_SETTINGS = [
  "ca-certificates",
  "pki/tls/certs",
  "pki/ca-trust/extracted",
  "protocols",
  "resolv.conf",
  "services",
  "ssl/certs",
  "ssl/cert.pem",
  "ssl/openssl.cnf",
];

/** What the kernel tells in `/proc` of the machine as a whole: the owner's keys, its memory, its timers. */
const TELLTALES = ["key-users", "keys", "kcore", "latency_stats", "sched_debug", "timer_list"];

/** What of that is there, found once: looking is what costs. */
export interface SystemView {
  /** The user on this machine that a sandbox runs as. */
  readonly uid: number;
  /** Paths that are links, and where they lead. */
  readonly links: ReadonlyMap<string, string>;
  readonly paths: readonly string[];
  readonly networkPaths: readonly string[];
  /** Files that are to be covered. */
  readonly telltales: readonly string[];
  /**
   * Descriptors that whoever started this process left open for it, and so for all that it starts: one
   * of a directory is a way out of any file system.
   */
  readonly inherited: readonly number[];
}

/** A shell script that looks for it; to be run where all of this machine can be read. */
export const SYSTEM_VIEW_SCRIPT: string = [
  "read -r inside outside count </proc/self/uid_map",
  // Outside of it is one more namespace of bubblewrap's, in which everybody can be root.
  'echo "uid $inside"',
  `for p in ${PROGRAMS.join(" ")}; do`,
  'if [ -L "$p" ]; then echo "link $p $(readlink "$p")"; elif [ -e "$p" ]; then echo "path $p"; fi',
  "done",
  // A link is made again where it can be: each mount takes its time.
  `for f in ${SETTINGS.join(" ")}; do case $(readlink "/etc/$f") in`,
  '/usr/* | ../usr/*) echo "link /etc/$f $(readlink "/etc/$f")";;',
  '*) [ -e "/etc/$f" ] && echo "path /etc/$f";; esac; done',
  `for f in ${NETWORK_SETTINGS.join(" ")}; do [ -e "/etc/$f" ] && echo "net /etc/$f"; done`,
  `for f in ${TELLTALES.join(" ")}; do [ -e "/proc/$f" ] && echo "tell /proc/$f"; done`,
  // The shell's own, by which it lists them, is closed again when it looks.
  'for f in /proc/self/fd/*; do [ -e "$f" ] && echo "fd ${f##*/}"; done',
  "exit 0",
].join("\n");

/** Reads what the script says. */
export function parseSystemView(text: string): SystemView {
  const lines = text.split("\n").map((line) => line.split(" "));
  const values = (kind: string): string[][] =>
    lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  return {
    uid: Number(values("uid")[0]?.[0] ?? NaN),
    links: new Map(values("link").map(([path = "", target = ""]) => [path, target])),
    paths: values("path").map(([path = ""]) => path),
    networkPaths: values("net").map(([path = ""]) => path),
    telltales: values("tell").map(([path = ""]) => path),
    inherited: values("fd").map(([number]) => Number(number)).filter((number) => number > 2),
  };
}
