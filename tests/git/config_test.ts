import assert from "node:assert/strict";
import { GitConfig, parseConfig } from "../../src/git/config.ts";
import { git, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const ODD_CONFIGS: Record<string, string> = {
  "sections and keys of any case": '[Core]\n\tFileMode = true\n[BRANCH "Main"]\nReMote=Origin\n',
  "a dotted subsection": "[branch.Main]\n\tremote = x\n",
  "comments": "# one\n; two\n[a] # three\nb = c # four\nd = e;five\n\n#six",
  "quotes": '[a]\nb = "  c # d ; e  " f\ng = x"y z"w\nh = ""\ni = "  "\n',
  "escapes": '[a]\nb = a\\tb\\nc\\\\d\\"e\nc = "q\\"r"\n',
  "continuation lines": '[a]\nb = one \\\n  two\\\nthree\nc = "in \\\nquotes"\n',
  "white space around": "[a]\n  b  =   c d  \n\te\t=\tf\t\n",
  "keys without a value": "[a]\nb\nc=\nd = \ne  \n",
  "a key on the section's line": "[a] b = c\n[d] e\n",
  "many values": "[a]\nb = 1\nb = 2\n[c]\nd = 3\n[a]\nb = 4\n",
  "a subsection with odd characters":
    '[url "https://x.org/a b\\"c\\\\d]"]\ninsteadOf = y\n[s ""]\nk = v\n',
  "CRLF": '[a]\r\nb = c\r\nd = "e"\r\n[f "g"]\r\nh = one \\\r\n two\r\n',
  "a byte order mark": "\ufeff[a]\nb = c\n",
  "no final newline": "[a]\nb = c",
  "a comment character after a quote": '[a]\nb = "c"#d\ne = f # "g\nh = i\n',
  "equals signs and brackets in values": "[a]\nb = c=d [e]\n",
  "other alphabets": '[a "Ünï"]\nb = Grüße \u00a0\n',
  "nothing": "",
};

Deno.test("parseConfig() reads what `git config --list` reads", async (t) => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/config`;
  for (const [name, text] of Object.entries(ODD_CONFIGS)) {
    await t.step(name, async () => {
      await Deno.writeTextFile(file, text);
      const listed = await git(directory.path, "config", "--file", file, "--list", "--null");
      const expected = listed.split("\0").slice(0, -1).map((item) => {
        const newline = item.indexOf("\n");
        return newline < 0 ? [item, "true"] : [item.slice(0, newline), item.slice(newline + 1)];
      });
      assert.deepEqual(parseConfig(text), expected);
    });
  }
});

Deno.test("parseConfig() passes over lines that git would die of", () => {
  const text = "before = x\n[a]\n=y\nb = c\n1d = e\nf g\n[bad section]\nh = i\n";
  assert.deepEqual(parseConfig(text), [["a.b", "c"], ["a.h", "i"]]);
});

Deno.test("GitConfig.getBoolean() agrees with `git config --bool`", async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/config`;
  const values = ["true", "YES", "on", "1", "-3", "2k", "false", "No", "off", "0", "", "maybe"];
  for (const value of values) {
    const text = `[a]\n\tb = ${value}\n`;
    await Deno.writeTextFile(file, text);
    const args = ["config", "--file", file, "--bool", "a.b"];
    const { code, stdout } = await tryGit(directory.path, args);
    const expected = code === 0 ? stdout === "true\n" : null;
    assert.equal(new GitConfig(text).getBoolean("a.b"), expected, JSON.stringify(value));
  }
  assert.equal(new GitConfig("[a]\nb\n").getBoolean("a.b"), true);
});

Deno.test("GitConfig.get() takes the last value over all texts, in any spelling of the key", () => {
  const config = new GitConfig("[user]\nname = A\n", '[User]\nNAME = B\n[Remote "O"]\nurl = u\n');
  assert.equal(config.get("user.name"), "B");
  assert.equal(config.get("USER.Name"), "B");
  assert.equal(config.get("remote.O.URL"), "u");
  assert.equal(config.get("remote.o.url"), null);
  assert.deepEqual(config.keys(), ["user.name", "remote.O.url"]);
});
