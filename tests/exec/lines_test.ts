import * as assert from "node:assert/strict";
import { LineSplitter } from "../../src/exec/lines.ts";

const MIB = 1024 * 1024;

function split(text: string | Uint8Array, portion: number): string[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += portion) {
    lines.push(...splitter.split(bytes.subarray(at, at + portion)));
  }
  return [...lines, ...splitter.end()];
}

Deno.test("LineSplitter gives every line with its end, whatever the portions", () => {
  const text = "one\n\ntwo\r\nthree\rstill three\nünï 🦕\n\ufeffbom\nlast";
  const lines = [
    "one\n",
    "\n",
    "two\r\n",
    "three\rstill three\n",
    "ünï 🦕\n",
    "\ufeffbom\n",
    "last",
  ];
  for (const portion of [1, 2, 3, 5, 8, 100]) assert.deepEqual(split(text, portion), lines);
  assert.deepEqual(split("", 1), []);
  assert.deepEqual(split("a\n", 10), ["a\n"]);
});

Deno.test("LineSplitter shows what is not UTF-8 as U+FFFD", () => {
  assert.deepEqual(split(Uint8Array.of(0x61, 0xff, 0x0a, 0xc3), 1), ["a\ufffd\n", "\ufffd"]);
});

Deno.test("LineSplitter keeps a line of 1 MiB whole and cuts a longer one", () => {
  const whole = "x".repeat(MIB - 1) + "\n";
  assert.deepEqual(split(whole + whole, 65536), [whole, whole]);
  const pieces = split("y".repeat(2 * MIB + 5) + "\nz\n", 65536);
  assert.deepEqual(pieces.map((piece) => piece.length), [MIB, MIB, 6, 2]);
});

Deno.test("LineSplitter never cuts through a character", () => {
  for (const character of ["é", "€", "🦕"]) {
    for (const before of ["", "a", "ab", "abc"]) {
      const text = before + character.repeat(MIB) + "\n";
      for (const portion of [65536, 10 * MIB]) {
        const pieces = split(text, portion);
        assert.equal(pieces.join(""), text);
        assert.ok(pieces.length > 1);
        for (const piece of pieces) {
          assert.ok(new TextEncoder().encode(piece).length <= MIB);
          assert.ok(piece.isWellFormed());
        }
      }
    }
  }
});

Deno.test("LineSplitter cuts bytes that are no text somewhere", () => {
  const pieces = split(new Uint8Array(2 * MIB).fill(0x80), 65536);
  assert.deepEqual(pieces.map((piece) => piece.length), [MIB, MIB]);
});
