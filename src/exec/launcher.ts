/**
 * The shell that a command starts from: it closes what the command must not have, sets the limits, and
 * is replaced by the command.
 *
 * @module
 */

/** What is wrong when nothing was started: the marks that the shell leaves as its only words. */
export const LAUNCH_FAILURES = {
  missing: "agentfs: no such program\n",
  notExecutable: "agentfs: not executable\n",
} as const;

/** What the shell does before the command takes its place. */
export interface LaunchSteps {
  /** Whether the command's stdin is something that it must not read. */
  readonly dropStdin: boolean;
  /** The descriptor from which signals are read. */
  readonly control: number | null;
  /** The command's variables, {@linkcode carried} past who starts the shell; `null`: the shell's own. */
  readonly environment: Readonly<Record<string, string>> | null;
  /** From {@linkcode limitScript}. */
  readonly limits: readonly string[];
}

const FAIL = 'fail() { echo "agentfs: $1" >&2; exit 126; }';

/** Looks for the program as `exec` will, so that a missing one is told from one that fails. */
const FIND = [
  'case "$1" in',
  '*/*) [ -e "$1" ] || fail "no such program"; [ -x "$1" ] && [ ! -d "$1" ] || fail "not executable";;',
  '*) command -v "$1" >/dev/null 2>&1 || fail "no such program";;',
  "esac",
];

/**
 * Passes signals on to the process group of the command. It is in the group itself, and is not to die
 * of what it passes on; a stop is for the command alone, or nothing could wake it.
 */
function controlLoop(descriptor: number): string {
  return "( trap '' HUP INT QUIT USR1 USR2 PIPE ALRM TERM CONT TSTP TTIN TTOU VTALRM PROF WINCH IO PWR; " +
    `while IFS= read -r s <&${descriptor}; do case $s in STOP|TSTP) kill -s STOP "$$";; ` +
    '*) kill -s "$s" 0;; esac; done ) </dev/null >/dev/null 2>&1 &';
}

/** The argv of the shell for the command `argv`. */
export function launcher(argv: readonly string[], steps: LaunchSteps): string[] {
  const { dropStdin, control, environment, limits } = steps;
  const { shell, program } = taken(environment);
  const script = [
    FAIL,
    ...(dropStdin ? ["exec </dev/null"] : []),
    ...limits,
    // From here on the shell has the command's own PATH and IFS.
    ...shell,
    ...FIND,
    ...(control === null ? [] : [controlLoop(control), `echo >&${control}`, `exec ${control}<&-`]),
    `exec ${program}"$@"`,
  ].join("\n");
  return ["/bin/sh", "-c", script, "sh", ...argv];
}

/**
 * An environment under names that mean nothing to anybody: who starts the shell has more rights than
 * the command, so a PATH or LD_PRELOAD that is for the command is not for him.
 */
export function carried(environment: Readonly<Record<string, string>>): Record<string, string> {
  const carrier = carrierOf(environment);
  return Object.fromEntries(
    Object.values(environment).map((value, index) => [carrier + index, value]),
  );
}

/** What the names of the carried begin with, as none of the command's own does. */
function carrierOf(environment: Readonly<Record<string, string>>): string {
  const names = Object.keys(environment);
  let carrier = "AGENTFS_";
  while (names.some((name) => name.startsWith(carrier))) carrier += "_";
  return carrier;
}

/** How the shell takes the variables over, and what it then puts before the command for the rest. */
function taken(
  environment: Readonly<Record<string, string>> | null,
): { shell: string[]; program: string } {
  if (environment === null) return { shell: [], program: "" };
  const carrier = carrierOf(environment);
  const variables = Object.keys(environment).map((name, index) => ({
    name,
    from: carrier + index,
    isPlain: IDENTIFIER.test(name) && !SHELLS_OWN.has(name),
  }));
  const shell = [
    // Bubblewrap sets the first, Deno the last, and some shells the others.
    "unset PWD OLDPWD SHLVL DENO_EXTRA_STDIO_FDS",
    ...variables.filter(({ isPlain }) => isPlain)
      .map(({ name, from }) => `export ${name}="$${from}"; unset ${from}`),
  ];
  const odd = variables.filter(({ isPlain }) => !isPlain);
  if (odd.length === 0) return { shell, program: "" };
  const words = [
    ...odd.map(({ from }) => `-u ${from}`),
    "--",
    ...odd.map(({ name, from }) => `'${name.replaceAll("'", "'\\''")}'="$${from}"`),
  ];
  return { shell, program: `/usr/bin/env ${words.join(" ")} ` };
}

/** A shell has no variables of other names, and some that it lets nobody set; the program env does. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELLS_OWN: ReadonlySet<string> = new Set(
  ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"],
);
