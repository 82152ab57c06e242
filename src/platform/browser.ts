/**
 * @file The host when it is a browser: no files, no environment; gzip and clocks from the web's own
 * interfaces. Reached as `#platform`; promises what `types.ts` says.
 */
import { DataLossError } from "../core/index.js";
import { sha256 } from "./sha256.js";
import type { HostThread, OutputStream, Platform } from "./types.js";

export const platform: Platform = {
  name: "browser",
  environment: () => undefined,
  hostname: () => "browser",
  processId: () => 0,
  availableParallelism: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  gunzip,
  sha256,
  turn: () =>
    // Not setTimeout, which browsers hold back to 4 ms and, in hidden tabs, to a second.
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    }),
  now: () => performance.now(),
  files: undefined,
  stdout: consoleStream((line) => console.log(line)),
  stderr: consoleStream((line) => console.warn(line)),
  cacheDirectory: () => undefined,
  toolchain: () => ({ missing: "browsers have no C compiler" }),
  // Only isolated pages may share memory.
  startThread: globalThis.crossOriginIsolated === true ? startThread : undefined,
  enableRelaxedSimd: () => undefined,
  resolvePackage: () => undefined,
};

function startThread(source: string): HostThread | undefined {
  // A page's own policies may forbid workers from a blob.
  const prelude =
    "const listen = (handler) => { onmessage = ({ data }) => handler(data); }; const post = (m) => postMessage(m);";
  const url = URL.createObjectURL(new Blob([prelude, source], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    return {
      post: (message) => worker.postMessage(message),
      listen: (handler) => {
        worker.onmessage = ({ data }) => handler(data);
        worker.onerror = () => handler(undefined);
      },
      terminate: () => worker.terminate(),
    };
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataLossError(`Truncated or corrupt gzip data (${reason})`, { cause: error });
  }
}

/** The console prints whole lines, so text waits for its line break. */
function consoleStream(print: (line: string) => void): OutputStream {
  let pending = "";
  return {
    isTerminal: false,
    columns: undefined,
    colorDepth: 1,
    write: (text) => {
      const lines = (pending + text).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) print(line);
    },
  };
}
