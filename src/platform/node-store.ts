/**
 * @file Where compiled libraries are kept: a private directory in which a key leads to the sum of a file, and the sum
 * to the file. What is found is verified before anyone loads it, since a damaged library ends the process. Everything
 * is written elsewhere and renamed, so that processes may race and be killed.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { UnavailableError } from "../core/errors.js";

/** What was begun longer ago, in milliseconds, belongs to a process that was killed. */
const abandonedAfter = 3_600_000;
/** Of finished files; anything else is being written. */
const finished = /^[0-9a-f]{64}\./;

/** The SHA-256 sum of bytes or of a text, as 64 hexadecimal digits. */
export const sumOf = (bytes: Uint8Array | string): string =>
  process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");

/** What went wrong, in words. */
export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Files of one user, by keys of 64 hexadecimal digits. */
export class PrivateStore {
  constructor(private readonly directory: string) {}

  /** The path of what was kept under a key, if it is whole. */
  find(key: string, extension: string): string | undefined {
    try {
      this.prepare();
    } catch (cause) {
      throw this.explain(cause);
    }
    const sum = readOwn(join(this.directory, `${key}.sum`))?.toString("latin1");
    if (sum === undefined || !/^[0-9a-f]{64}$/.test(sum)) return undefined;
    const path = join(this.directory, `${sum}${extension}`);
    const bytes = readOwn(path);
    return bytes !== undefined && sumOf(bytes) === sum ? path : undefined;
  }

  /**
   * Keeps what `make` writes. It gets a path for it, in a directory of its own, where it may leave whatever it likes.
   * @returns where the file is kept
   */
  async keep(key: string, extension: string, make: (path: string) => Promise<void>): Promise<string> {
    const workplace = join(this.directory, crypto.randomUUID());
    try {
      this.prepare();
      this.removeAbandoned();
      mkdirSync(workplace, { mode: 0o700 });
      const made = join(workplace, `made${extension}`);
      await make(made);
      chmodSync(made, 0o700);
      const sum = sumOf(readFileSync(made));
      const path = join(this.directory, `${sum}${extension}`);
      renameSync(made, path);
      const pointer = join(workplace, "sum");
      writeFileSync(pointer, sum, { mode: 0o600 });
      renameSync(pointer, join(this.directory, `${key}.sum`));
      return path;
    } catch (cause) {
      throw this.explain(cause);
    } finally {
      rmSync(workplace, { recursive: true, force: true });
    }
  }

  /** Only this user may read or write what will be loaded as code. A link leads to a directory with an owner, too. */
  private prepare(): void {
    const { directory } = this;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(directory);
    if (process.getuid !== undefined && uid !== process.getuid()) throw new Error("it belongs to another user");
    // Left alone where it is right: a cache on a disk that cannot be written serves as well.
    if ((mode & 0o777) !== 0o700) chmodSync(directory, 0o700);
  }

  private removeAbandoned(): void {
    for (const name of readdirSync(this.directory)) {
      if (finished.test(name)) continue;
      const path = join(this.directory, name);
      try {
        if (Date.now() - lstatSync(path).mtimeMs > abandonedAfter) rmSync(path, { recursive: true, force: true });
      } catch {
        // Another process was faster.
      }
    }
  }

  /** Gives what the system throws a place and a remedy. */
  private explain(cause: unknown): unknown {
    if (cause instanceof UnavailableError) return cause;
    return new UnavailableError(`Compiled programs cannot be kept in ${this.directory}: ${reasonOf(cause)}`, {
      cause,
      hint: "make room or allow writing there, or set XDG_CACHE_HOME to a directory of your own",
    });
  }
}

/** The bytes of a file of this user; `undefined` where there is none, or something else. */
function readOwn(path: string): Buffer | undefined {
  try {
    const status = lstatSync(path);
    const isOwn = process.getuid === undefined || status.uid === process.getuid();
    return status.isFile() && isOwn ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
