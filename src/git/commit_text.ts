/**
 * What git makes of a commit's message before it stores it.
 *
 * @module
 */

/**
 * A message as `git commit` cleans it: no blanks at the ends of lines, no empty lines at either end,
 * no two in a row, one newline at the end.
 */
export function cleanMessage(message: string): string {
  const lines = message.split("\n").map((line) => line.replace(/[ \t\r]+$/, ""));
  const text = lines.join("\n").replace(/\n{3,}/g, "\n\n").replace(/^\n+|\n+$/g, "");
  return text === "" ? "" : `${text}\n`;
}
