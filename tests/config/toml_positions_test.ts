/** Where the keys of a TOML text are: every key that the parser finds has the place of its text. */

import assert from "node:assert/strict";
import { parse } from "@std/toml";
import { type Place, tomlPositions } from "../../src/config/toml_positions.ts";
import { Random } from "../random.ts";
import { hasSloppyDate, TomlTexts } from "./toml_texts.ts";

/** All places, as `line:column` by path. */
function placesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = ({ keys }: Place, path: readonly string[]): void => {
    for (const [name, place] of keys) {
      const here = [...path, name];
      found[here.join("/")] = `${place.line}:${place.column}`;
      visit(place, here);
    }
  };
  visit(tomlPositions(text), []);
  return found;
}

/** How a key can be written that says `name`: what is there is read by the parser itself. */
function saysName(text: string, place: Place, name: string): boolean {
  const line = text.split("\n")[place.line - 1] ?? "";
  const [written] = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)/.exec(line.slice(place.column - 1)) ??
    [];
  if (written === undefined) return false;
  return Object.keys(parse(`${written} = 1`))[0] === name;
}

/** Fails unless the keys that the parser finds outside of arrays are those that have places. */
function assertPlaces(text: string, values: unknown, { keys }: Place, path: string): number {
  if (Object.prototype.toString.call(values) !== "[object Object]") {
    // The last of an array of tables can be written into by later headers.
    if (!Array.isArray(values)) assert.deepEqual([...keys.keys()], [], path);
    return 0;
  }
  const names = Object.keys(values as object);
  assert.deepEqual([...keys.keys()].sort(), [...names].sort(), path);
  let count = names.length;
  for (const [name, place] of keys) {
    assert.ok(saysName(text, place, name), `${path}/${name}: ${place.line}:${place.column}`);
    count += assertPlaces(
      text,
      (values as Record<string, unknown>)[name],
      place,
      `${path}/${name}`,
    );
  }
  return count;
}

Deno.test("tomlPositions() finds the keys of every form", () => {
  const text = [
    "a = 1 # b = 2",
    '  "b c" . d."e\\u0066" = """',
    "a = 1",
    '[f]""" # """',
    "'g' = { h = [ {i = 1}, ']' ], # }",
    "  'j.k'.l = '''}''' }",
    "m = [",
    "  '[n]', # ]",
    '  """',
    'o = 1""",',
    "]",
    "[ p . q ]",
    "r = 1979-05-27 07:32:00",
    "[[s]]",
    "t = 1",
    "[[s]]",
    "u = 2",
    "[s.v]",
    "w = 3",
    "[p]",
    "x.y = ''",
  ];
  const expected = {
    "a": "1:1",
    "b c": "2:3",
    "b c/d": "2:11",
    "b c/d/ef": "2:13",
    "g": "5:1",
    "g/h": "5:9",
    "g/j.k": "6:3",
    "g/j.k/l": "6:9",
    "m": "7:1",
    "p": "12:3",
    "p/q": "12:7",
    "p/q/r": "13:1",
    "p/x": "21:1",
    "p/x/y": "21:3",
    "s": "14:3",
  };
  assert.deepEqual(placesOf(text.join("\n")), expected);
  assert.deepEqual(placesOf(text.join("\r\n")), expected);
  assert.deepEqual(placesOf(""), {});
  assert.deepEqual(placesOf("\uFEFF# nothing"), {});
});

Deno.test("tomlPositions() has a place for each key that the parser finds, and no other", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const texts = new TomlTexts(new Random(seed));
  let keys = 0;
  let parsed = 0;
  const tried = 20_000;
  for (let count = 0; count < tried; count++) {
    const whole = texts.text();
    for (const text of [whole, texts.damaged(whole)]) {
      let values;
      try {
        values = parse(text);
      } catch {
        continue;
      }
      const places = tomlPositions(text);
      if (hasSloppyDate(text)) continue;
      parsed++;
      try {
        keys += assertPlaces(text, values, places, "");
      } catch (error) {
        throw new Error(`seed ${seed}, text ${JSON.stringify(text)}`, { cause: error });
      }
    }
  }
  assert.ok(parsed > tried / 4 && keys > tried / 2, `seed ${seed}: ${parsed} texts, ${keys} keys`);
});

Deno.test("tomlPositions() takes a text of a MiB, however deep its keys are", () => {
  const long = `${"a.".repeat(250_000)}a = 1\n`;
  let depth = 0;
  for (let { keys } = tomlPositions(long); keys.size > 0; keys = keys.get("a")!.keys) depth++;
  assert.equal(depth, 250_001);
  const nested = `a = ${"[".repeat(900)}${"]".repeat(900)}\nb = ${"{a=".repeat(900)}1${
    "}".repeat(900)
  }`;
  assert.equal(tomlPositions(nested).keys.get("b")?.line, 2);
  const many = Array.from({ length: 80_000 }, (_, index) => `key${index} = 1\n`).join("");
  assert.deepEqual(tomlPositions(many).keys.get("key79999")?.line, 80_000);
  const text = `a = """${'""x'.repeat(200_000)}"""\nb = "${"\\\\".repeat(200_000)}"\nc = 1`;
  assert.equal(tomlPositions(text).keys.get("c")?.line, 3);
});
