/**
 * Modules of Node's that are loaded at their first use: to import them takes half as long as to import all
 * of this library's own. Even `node:process` is one of the slow ones, which the global is not.
 *
 * @module
 */

function once<Module>(load: () => Module): () => Module {
  let loaded: Module | undefined;
  return () => loaded ??= load();
}

/** `node:crypto` */
export const nodeCrypto: () => typeof import("node:crypto") = once(() =>
  globalThis.process.getBuiltinModule("node:crypto")
);

/** `node:zlib` */
export const nodeZlib: () => typeof import("node:zlib") = once(() =>
  globalThis.process.getBuiltinModule("node:zlib")
);

/** `node:stream` */
export const nodeStream: () => typeof import("node:stream") = once(() =>
  globalThis.process.getBuiltinModule("node:stream")
);

/** `node:fs` */
export const nodeFs: () => typeof import("node:fs") = once(() =>
  globalThis.process.getBuiltinModule("node:fs")
);

/** `node:child_process` */
export const nodeChildProcess: () => typeof import("node:child_process") = once(() =>
  globalThis.process.getBuiltinModule("node:child_process")
);

/** `node:url` */
export const nodeUrl: () => typeof import("node:url") = once(() =>
  globalThis.process.getBuiltinModule("node:url")
);

/** `node:os` */
export const nodeOs: () => typeof import("node:os") = once(() =>
  globalThis.process.getBuiltinModule("node:os")
);

/** `node:console` */
export const nodeConsole: () => typeof import("node:console") = once(() =>
  globalThis.process.getBuiltinModule("node:console")
);

/** `node:events` */
export const nodeEvents: () => typeof import("node:events") = once(() =>
  globalThis.process.getBuiltinModule("node:events")
);
