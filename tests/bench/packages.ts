/**
 * Packages of npm's, in a directory of their own: what the project measures itself with is none of its
 * dependencies.
 *
 * @module
 */

/** Installs packages into `directory`, running none of their scripts; returns why it could not. */
export async function installPackages(
  directory: string,
  packages: readonly string[],
): Promise<string | null> {
  Deno.mkdirSync(directory);
  Deno.writeTextFileSync(`${directory}/package.json`, '{ "private": true }\n');
  const options = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
  ];
  try {
    const { success, stderr } = await new Deno.Command("npm", {
      args: ["install", ...options, ...packages],
      cwd: directory,
    }).output();
    if (success) return null;
    return `npm could not install ${packages.join(", ")}: ${firstLine(stderr)}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `${packages.join(", ")} could not be installed: there is no npm on this machine`;
  }
}

function firstLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim().split("\n")[0] ?? "";
}
