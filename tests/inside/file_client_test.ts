import assert from "node:assert/strict";
import { SandboxError } from "@agentfs/sdk";
import { FileClient } from "../../src/inside/file_client.ts";
import { BadFrame, encodeFrame, HEADER_BYTES, readFrames } from "../../src/inside/frames.ts";
import { ProcessGroup } from "../../src/platform/process.ts";

/** What stands for a helper, and talks as the script says. */
function helper(script: string): ProcessGroup {
  return new ProcessGroup({
    argv: ["/bin/sh", "-c", script],
    environment: { PATH: "/usr/bin:/bin" },
    directory: "/",
    stdin: "piped",
    output: "piped",
  });
}

Deno.test("ask() is a SandboxError with what the helper complained of when it ends", async () => {
  const client = new FileClient(helper("head -c 8 >/dev/null; echo no room >&2"));
  await assert.rejects(client.ask("exists", ["/a"]), (error) => {
    assert.ok(error instanceof SandboxError);
    assert.match(error.message, /the helper that does it is gone, since it ended \(no room\)/);
    return true;
  });
  assert.equal(client.isAlive, false);
  await assert.rejects(client.ask("exists", ["/a"]), SandboxError);
  await client.end();
});

Deno.test("ask() is a SandboxError when the helper does not answer", async () => {
  const client = new FileClient(helper("exec sleep 600"), { silence: 40 });
  await assert.rejects(client.ask("exists", ["/a"]), /since it does not answer/);
  await client.end();
});

Deno.test("ask() is a SandboxError when the helper says what nobody understands", async () => {
  for (const script of ["exec yes", "printf '\\0\\0\\0\\1\\0\\0\\0\\0x'; exec sleep 600"]) {
    const client = new FileClient(helper(script));
    await assert.rejects(client.ask("exists", ["/a"]), /since it was not understood: a frame/);
    await client.end();
  }
});

Deno.test("readFrames() gives what encodeFrame() made, however the pipe cuts it", async () => {
  const frames = [
    { header: { text: "é\ud800" }, bytes: new Uint8Array([1, 2, 3]) },
    { header: null, bytes: new Uint8Array() },
    { header: [1], bytes: new Uint8Array(100_000).fill(7) },
  ];
  const whole = frames.flatMap(({ header, bytes }) => [...encodeFrame(header, bytes)]);
  for (const size of [1, 7, 4096, whole.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) {
      pieces.push(Uint8Array.from(whole.slice(at, at + size)));
    }
    assert.deepEqual(await Array.fromAsync(readFrames(ReadableStream.from(pieces))), frames);
  }
});

Deno.test("readFrames() refuses a frame that is too long or cut off", async () => {
  const long = new Uint8Array(8);
  new DataView(long.buffer).setUint32(0, HEADER_BYTES + 1);
  const cut = encodeFrame({ a: 1 }, new Uint8Array(10)).subarray(0, -1);
  for (const bytes of [long, cut, cut.subarray(0, 5)]) {
    await assert.rejects(Array.fromAsync(readFrames(ReadableStream.from([bytes]))), BadFrame);
  }
});
