/**
 * Everything that is wrong with settings, as one error.
 *
 * @module
 */

import { ConfigError, type ConfigProblem } from "../errors.ts";

/** The error about settings of `file`, or of code. */
export function configError(problems: readonly ConfigProblem[], file: string | null): ConfigError {
  const [first, ...more] = problems;
  if (first !== undefined && more.length === 0) {
    const { key, message } = first;
    if (file !== null) {
      return new ConfigError(`Cannot load ${file}: ${lineOf(first)}`, { problems });
    }
    const action = key === null ? "configure" : `set ${key}`;
    return new ConfigError(`Cannot ${action}: ${message}`, { problems });
  }
  const action = file === null ? "configure" : `load ${file}`;
  const lines = problems.map((problem) => `\n- ${lineOf(problem)}`).join("");
  return new ConfigError(
    `Cannot ${action}: ${problems.length} settings cannot be used${lines}`,
    { problems },
  );
}

function lineOf({ key, line, column, message }: ConfigProblem): string {
  const where = line === null ? "" : `line ${line}, column ${column}: `;
  return `${where}${key === null ? "" : `${key}: `}${message}`;
}
