/**
 * Whether what is printed is seen in a terminal.
 *
 * @module
 */

/** Whether standard output shows colours, and its user has not asked for none (`NO_COLOR`). */
export function showsColor(): boolean {
  return !Deno.noColor && Deno.stdout.isTerminal();
}
