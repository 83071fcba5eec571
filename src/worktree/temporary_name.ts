/**
 * The names of unfinished work at the top of a workspace, where it has to lie while only a helper
 * inside a sandbox may touch the workspace: a file cannot be renamed from another mount.
 *
 * No scan and no listing shows such names. What a killed helper left under one is swept.
 *
 * @module
 */

/** The name of the `count`-th piece of unfinished work of a helper, whose `id` is 12 hex digits. */
export function temporaryName(id: string, count: number): string {
  return `.agentfs-${id}-${count}`;
}

/** Whether something of this name, at the top of a workspace, is unfinished work. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(".agentfs-") && /^\.agentfs-[0-9a-f]{12}-\d+$/.test(name);
}
