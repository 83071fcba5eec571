import assert from "node:assert/strict";
import { formatSignature } from "../../src/git/signature.ts";
import { temporaryDirectory } from "../temporary.ts";
import { tryGit } from "../git.ts";

Deno.test("formatSignature() writes what git writes", async () => {
  await using directory = await temporaryDirectory();
  const people: [name: string, email: string, zone: string, timezoneOffset: number][] = [
    ["A U Thor", "a@b", "+0000", 0],
    ["  Ünï <x>, ", " <a@b> ", "+0530", -330],
    ['"J.R." O\'Neil;', "a b@c", "-0330", 210],
    ["a\nb", "a@b", "+1245", -765],
  ];
  for (const [name, email, zone, timezoneOffset] of people) {
    const env = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: `1700000000 ${zone}`,
    };
    const { stdout } = await tryGit(directory.path, ["var", "GIT_AUTHOR_IDENT"], { env });
    const signature = { name, email, timestamp: 1700000000, timezoneOffset };
    assert.equal(`${formatSignature(signature)}\n`, stdout);
  }
});
