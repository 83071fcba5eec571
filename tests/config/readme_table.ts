/**
 * README's table of settings, out of the table in the source. Run as a program, it writes it into
 * README; `deno fmt` puts the columns right.
 *
 * @module
 */

import { ALL_KEYS, pathsOf, tomlName } from "../../src/config/keys.ts";
import { settingAt } from "./settings.ts";

/** The file with the table. */
export const README = new URL("../../README.md", import.meta.url);

const HEADERS = ["setting", "in TOML", "takes", "default", "what it is"];

/** The rows, the headers first. */
export function settingRows(): string[][] {
  return [
    HEADERS,
    ...[...pathsOf(ALL_KEYS)].map((path) => {
      const setting = settingAt(path.join("."));
      const { expected, about, unit = "" } = setting;
      const names = path.map(tomlName);
      const table = names.slice(0, -1).join(".");
      const key = `${table === "" ? "" : `[${table}] `}${names.at(-1)}`;
      const usual = "unset" in setting
        ? setting.unset
        : `${code(JSON.stringify(setting.default))} ${unit}`.trim();
      const takes = expected.replaceAll(/"[^"]+"/g, "`$&`");
      return [code(path.join(".")), code(key), takes, usual, about];
    }),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The rows of the table that README has. */
export function readmeRows(readme: string): string[][] {
  const [, section = ""] = readme.split("## Configuration\n");
  return (section.split("\n## ")[0] ?? "").split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| -"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

if (import.meta.main) {
  const [headers = [], ...rows] = settingRows();
  const lines = [headers, headers.map(() => "-"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  const readme = await Deno.readTextFile(README);
  const table = /(?<=## Configuration\n(?:(?!\n## )[^])*?\n\n)\| [^]*?\|(?=\n\n)/;
  await Deno.writeTextFile(README, readme.replace(table, () => lines.join("\n")));
}
