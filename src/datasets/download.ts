/**
 * @file Fetches one published file: from the first mirror that delivers it whole, resumed where a
 * connection broke, checked against its known size and SHA-256 sum. Only whole, right files are written.
 */
import { platform } from "#platform";
import { DataLossError, UnavailableError } from "../core/index.js";
import type { FileSystem } from "../platform/types.js";
import { looksLikeHtml } from "./idx.js";
import type { Fingerprint } from "./mirrors.js";

export interface DownloadProgress {
  /** Name of the file, without a directory. */
  readonly file: string;
  readonly receivedBytes: number;
  /** Undefined where neither the fingerprint nor the server says. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  /** What the file must weigh and sum to; unchecked, and never resumed, where it is not known. */
  readonly expected?: Fingerprint | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Milliseconds without a byte after which a server is given up. Default 30,000. */
  readonly stallTimeout?: number | undefined;
  /** What the user can do instead, for the error's last line. */
  readonly hint?: string | undefined;
}

const STALL_TIMEOUT = 30_000;

/**
 * Downloads `file`. A mirror whose connection breaks midway is asked once more, after the others, for
 * the bytes that are missing.
 * @param file its name, for progress and errors
 * @param mirrors addresses of directories, each ending in a slash, tried in order
 * @throws UnavailableError where no mirror delivers, with each one's reason
 * @throws DataLossError where what they deliver is not the file
 */
export async function download(
  file: string,
  mirrors: readonly string[],
  options: DownloadOptions = {},
): Promise<Uint8Array> {
  const part = new PartialDownload();
  const failures: string[] = [];
  let wrongContent = false;
  const queue = mirrors.map((mirror) => ({ url: mirror + file, mayRetry: true }));
  for (let attempt = queue.shift(); attempt !== undefined; attempt = queue.shift()) {
    const { url, mayRetry } = attempt;
    const alreadyHere = part.length;
    let problem: string | undefined;
    try {
      await receive(url, file, part, options);
      const bytes = part.toBytes();
      problem = await differenceFrom(bytes, options.expected);
      if (problem === undefined) return bytes;
      wrongContent = true;
      part.clear();
      // A resumed file may mix two servers' bytes: this one gets a chance to send it from the start.
      if (mayRetry && alreadyHere > 0) queue.push({ url, mayRetry: false });
    } catch (error) {
      problem = reasonOf(error);
      if (mayRetry && part.length > alreadyHere) queue.push({ url, mayRetry: false });
      if (options.expected === undefined) part.clear();
    }
    failures.push(`  from        ${url}: ${problem}`);
  }
  const message = [`Could not download ${file}`, ...failures].join("\n");
  const details = { hint: options.hint ?? "check the network and try again" };
  throw wrongContent ? new DataLossError(message, details) : new UnavailableError(message, details);
}

/** {@link download}, then an atomic write of the file to `path`. @returns the number of bytes */
export async function downloadTo(
  path: string,
  file: string,
  mirrors: readonly string[],
  options: DownloadOptions & { readonly files: FileSystem },
): Promise<number> {
  const bytes = await download(file, mirrors, options);
  await options.files.writeAtomic(path, bytes);
  return bytes.length;
}

/** What has arrived so far. */
class PartialDownload {
  #chunks: Uint8Array[] = [];
  length = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }
  clear(): void {
    this.#chunks = [];
    this.length = 0;
  }
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}

/** Adds to `part` what it lacks; on failure keeps what has come. */
async function receive(url: string, file: string, part: PartialDownload, options: DownloadOptions): Promise<void> {
  const { expected, onProgress, stallTimeout = STALL_TIMEOUT } = options;
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stillAlive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallTimeout / 1000} s`)), stallTimeout);
  };
  try {
    stillAlive();
    const headers: Record<string, string> = part.length > 0 ? { range: `bytes=${part.length}-` } : {};
    const response = await fetch(url, { headers, signal: stalled.signal });
    if (!response.ok || response.body === null)
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    const resumes =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${part.length}-`);
    if (!resumes) part.clear();
    const announced = Number(response.headers.get("content-length")) || undefined;
    const totalBytes = expected?.bytes ?? announced;
    const reader = response.body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      stillAlive();
      part.add(next.value);
      if (expected !== undefined && part.length > expected.bytes) {
        await reader.cancel();
        return;
      }
      onProgress?.({ file, receivedBytes: part.length, totalBytes });
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Why these are not the expected bytes; undefined where they are. */
async function differenceFrom(bytes: Uint8Array, expected: Fingerprint | undefined): Promise<string | undefined> {
  if (looksLikeHtml(bytes)) return "it sent an HTML page in place of the file";
  if (bytes.length === 0) return "it sent nothing";
  if (expected === undefined) return undefined;
  if (bytes.length > expected.bytes) return `it sent more than the ${expected.bytes} bytes of the file`;
  if (bytes.length < expected.bytes) return `it sent ${bytes.length} bytes of ${expected.bytes}`;
  const sum = await platform.sha256(bytes);
  return sum === expected.sha256 ? undefined : `wrong checksum: SHA-256 ${sum}, expected ${expected.sha256}`;
}

/** `fetch` wraps the telling error in "fetch failed" or "terminated". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause ? String(cause.code) : "";
  return cause.message || code || error.message;
}
