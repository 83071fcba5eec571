/**
 * All that a call could change of the files below a directory, as data that can be compared.
 *
 * @module
 */

/**
 * Each path with what it is: which file, so that hard links show too, its mode, its size and its time.
 * The time of a directory is left out: it tells of names that come and go.
 */
export function photoOf(directory: string, parent = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(directory + parent)) {
    const path = `${parent}/${name}`;
    const { ino, mode, nlink, size, mtime } = Deno.lstatSync(directory + path);
    const facts = [ino, mode?.toString(8)];
    if (isDirectory) Object.assign(found, photoOf(directory, path));
    else facts.push(nlink, size, mtime?.getTime());
    if (isSymlink) facts.push(Deno.readLinkSync(directory + path));
    found[path] = facts.join(" ");
  }
  return found;
}
