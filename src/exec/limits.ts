/**
 * How much a command may use: what is asked for, and how a shell brings it about before the command
 * takes its place.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import type { Captured } from "./output_pipe.ts";
import type { ExitStatus } from "../platform/process.ts";
import type { Limits, RunOptions, RunResult } from "./types.ts";

/** The limits that the kernel holds, by the letter that the shell's `ulimit` has for them. */
const UNITS = {
  memoryBytes: 1024,
  processes: 1,
  cpuSeconds: 1,
  /** POSIX has it so. */
  fileBytes: 512,
} as const;

/** @throws {TypeError | RangeError} naming the limit that does not exist, or that is no limit. */
export function checkLimits(limits: Limits): void {
  const cannot = "Cannot use the option limits:";
  if (typeName(limits) !== "object") {
    throw new TypeError(`${cannot} it is an object, not ${typeName(limits)}`);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (name !== "outputBytes" && !Object.hasOwn(UNITS, name)) {
      throw new TypeError(
        `${cannot} there is no limit ${JSON.stringify(name)}; there are outputBytes, ` +
          Object.keys(UNITS).join(", "),
      );
    }
    if (value === undefined) continue;
    if (typeof value !== "number") throw new TypeError(`${cannot} ${name} is a number`);
    if (!(value > 0 && Number.isSafeInteger(Math.ceil(value)))) {
      throw new RangeError(
        `${cannot} ${name} is ${value}, and a limit is above 0; leave it out for none`,
      );
    }
  }
}

/** What is left out of a command's limits, the configuration decides. */
export function mergeLimits(limits: Limits = {}, configured: Limits = {}): Limits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...configured, ...Object.fromEntries(given) };
}

/** How much of an output is kept; not checked yet. */
export function keptBytes(options: RunOptions, configured?: Limits): number | undefined {
  const bytes = options?.limits?.outputBytes ?? configured?.outputBytes;
  return bytes === undefined ? undefined : Math.ceil(bytes);
}

/** What a shell does to bring the limits about; a limit is rounded down, and 0 is nothing at all. */
export function limitScript(limits: Limits, reserve: { processes: number }): string[] {
  const of = (name: keyof typeof UNITS, more = 0): number | null => {
    const value = limits[name];
    return value === undefined ? null : Math.floor(value / UNITS[name]) + more;
  };
  const cpu = limits.cpuSeconds === undefined ? null : Math.ceil(limits.cpuSeconds);
  const [memory, file] = [of("memoryBytes"), of("fileBytes")];
  const processes = of("processes", reserve.processes);
  const lines = [
    // The soft limit tells by a signal of its own which limit it was.
    ...(cpu === null ? [] : [`limit "-S -t" ${cpu}`, `limit "-H -t" ${cpu + 1}`]),
    ...(file === null ? [] : [`limit -f ${file}`]),
    // One shell calls it -u, another -p, which the first has for something else.
    ...(processes === null
      ? []
      : [`(ulimit -u) >/dev/null 2>&1 && u=-u || u=-p; limit $u ${processes}`]),
    ...(memory === null ? [] : [`limit -v ${memory}`]),
  ];
  return lines.length === 0 ? [] : [LIMIT, ...lines];
}

/** A limit that is refused since a lower one holds already is no failure. */
const LIMIT = 'limit() { ulimit $1 $2 2>/dev/null || [ "$(ulimit $1)" -le $2 ] 2>/dev/null || ' +
  'fail "cannot hold the limit $1 $2"; }';

/** The limit that a command ran into, as far as its end tells. */
export function limitHit(
  { status: { code, signal }, timedOut }: {
    readonly status: ExitStatus;
    readonly timedOut: boolean;
  },
  limits: Limits,
  stderr: Captured,
  truncated: boolean,
): RunResult["limit"] {
  if (timedOut) return "timeout";
  if (code !== 0) {
    if (limits.cpuSeconds !== undefined && (code === 152 || signal === "SIGXCPU")) {
      return "cpuSeconds";
    }
    const said = new TextDecoder().decode(stderr.bytes.subarray(-SAID_BYTES));
    if (limits.fileBytes !== undefined && (code === 153 || /file too large|EFBIG/i.test(said))) {
      return "fileBytes";
    }
    if (limits.processes !== undefined && NO_PROCESS.test(said)) return "processes";
    if (limits.memoryBytes !== undefined && (NO_MEMORY.test(said) || CRASHES.has(code))) {
      return "memoryBytes";
    }
  }
  return truncated && limits.outputBytes !== undefined ? "outputBytes" : null;
}

const SAID_BYTES = 16 * 1024;
const NO_PROCESS = /fork|resource temporarily unavailable|EAGAIN|can't start new thread/i;
const NO_MEMORY = /memory|alloc|ENOMEM|mmap|out of space/i;
/** SIGILL, SIGTRAP, SIGABRT, SIGSEGV: how programs end that cannot go on without memory. */
const CRASHES: ReadonlySet<number> = new Set([132, 133, 134, 139]);
