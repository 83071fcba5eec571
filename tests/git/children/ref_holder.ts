/**
 * Holds the lock of a file until it is killed, or until its standard input ends:
 * `<file> <temporary file>`.
 *
 * @module
 */

import { NewFile } from "../../../src/platform/atomic.ts";
import { RefLock } from "../../../src/git/ref_lock.ts";

const [file, temporary] = Deno.args as [string, string];
using _content = new NewFile(temporary, new Uint8Array());
using _lock = new RefLock(file, { owner: null, temporary });
await Deno.stdout.write(new TextEncoder().encode("held\n"));
await Deno.stdin.read(new Uint8Array(1));
