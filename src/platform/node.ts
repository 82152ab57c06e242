/**
 * @file The host when it is Node. Only this folder may import `node:` modules.
 * Reached as `#platform`; promises what `types.ts` says. What takes Node milliseconds to open, threads and
 * the standard streams too, is opened at first use: every process waits for this file.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, homedir, hostname, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { DataLossError } from "../core/index.js";
import { createFileSystem } from "./node-files.js";
import { findToolchain } from "./node-toolchain.js";
import { sha256 } from "./sha256.js";
import type { HostThread, OutputStream, Platform } from "./types.js";

const environment = (name: string): string | undefined => process.env[name] || undefined;

export const platform: Platform = {
  name: "node",
  environment,
  hostname,
  processId: () => process.pid,
  availableParallelism,
  gunzip: async (bytes) => {
    const { gunzip } = await import("node:zlib");
    return new Promise((resolve, reject) => {
      gunzip(bytes, { chunkSize: unpackedSize(bytes) }, (error, result) => {
        if (error === null) resolve(new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
        else reject(new DataLossError(`Truncated or corrupt gzip data (${error.message})`, { cause: error }));
      });
    });
  },
  sha256,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  now: () => performance.now(),
  files: createFileSystem(),
  stdout: streamOf(() => process.stdout),
  stderr: streamOf(() => process.stderr),
  cacheDirectory: () => join(systemCacheDirectory(), "tensorstrata"),
  startThread,
  enableRelaxedSimd: () => {
    // V8 11.4 and later (Node 21 on) have it without a switch, and warn of switches they do not know.
    const [major = 0, minor = 0] = process.versions.v8.split(".").map(Number);
    if (major < 11 || (major === 11 && minor < 4))
      process.getBuiltinModule("node:v8").setFlagsFromString("--experimental-wasm-relaxed-simd");
  },
  toolchain: () =>
    findToolchain(
      join(systemCacheDirectory(), "tensorstrata"),
      [environment("CC"), "cc", "gcc", "clang"].filter((name) => name !== undefined),
    ),
  resolvePackage: (name) => {
    for (const origin of [join(process.cwd(), "package.json"), import.meta.url])
      for (const modules of createRequire(origin).resolve.paths(name) ?? [])
        if (existsSync(join(modules, name, "package.json"))) return join(modules, name);
    return undefined;
  },
};

/**
 * Room for what gzipped data unpack to, so that they come in one piece: the last word tells how much that is. One
 * byte more, or the end would be looked for in a second piece. In a damaged file the word may say anything.
 */
function unpackedSize(bytes: Uint8Array): number {
  const { buffer, byteOffset, length } = bytes;
  const told = length < 18 ? 0 : new DataView(buffer, byteOffset).getUint32(length - 4, true);
  return Math.max(65536, Math.min(told, 2 ** 28) + 1);
}

/** Reads the stream afresh at each use: a window is resized, and a test changes the environment. */
function streamOf(stream: () => NodeJS.WriteStream): OutputStream {
  return {
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      const { isTTY, columns } = stream();
      // Some pseudo-terminals report a width of 0.
      return isTTY === true ? columns || undefined : undefined;
    },
    get colorDepth() {
      const forced = environment("FORCE_COLOR") !== undefined;
      if (environment("NO_COLOR") !== undefined && !forced) return 1;
      return stream().isTTY === true ? stream().getColorDepth() : forced ? 8 : 1;
    },
    write: (text) => {
      stream().write(text);
    },
  };
}

/**
 * Linux and the BSDs: the XDG base directories, which ignore a path that is not absolute; macOS and Windows: their
 * own custom.
 */
function systemCacheDirectory(): string {
  const chosen = environment("XDG_CACHE_HOME");
  if (chosen !== undefined && isAbsolute(chosen)) return chosen;
  if (process.platform === "darwin") return join(homeDirectory(), "Library", "Caches");
  if (process.platform === "win32") return environment("LOCALAPPDATA") ?? join(homeDirectory(), "AppData", "Local");
  return join(homeDirectory(), ".cache");
}

/** Where `HOME` is empty or relative, the one that the system has on record. */
function homeDirectory(): string {
  const home = homedir();
  return isAbsolute(home) ? home : userInfo().homedir;
}

function startThread(source: string): HostThread {
  const prelude =
    'const { parentPort } = require("node:worker_threads");' +
    'const listen = (handler) => parentPort.on("message", handler), post = (m) => parentPort.postMessage(m);';
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(prelude + source, { eval: true });
  let handle: (message: unknown) => void = () => undefined;
  worker.on("message", (message) => handle(message));
  worker.on("error", () => handle(undefined));
  // Last, since a listener keeps the process alive again.
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    listen: (handler) => {
      handle = handler;
    },
    terminate: () => {
      void worker.terminate();
    },
  };
}
