/**
 * How much of the machine's memory this process takes, as Linux tells it.
 *
 * @module
 */

/** What it takes now, in bytes. */
export function resident(): number {
  return statusBytes("VmRSS");
}

/** The most that it has ever taken, in bytes. */
export function peakResident(): number {
  return statusBytes("VmHWM");
}

function statusBytes(field: string): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return Number(kilobytes) * 1024;
}
