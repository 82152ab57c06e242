/**
 * @file Turns the system's file errors into the library's, each naming the file and saying what to do.
 * Imports core only.
 */
import {
  AlreadyExistsError,
  DataLossError,
  type ErrorDetails,
  FailedPreconditionError,
  NotFoundError,
  PermissionDeniedError,
  ResourceExhaustedError,
  StrataError,
  UnavailableError,
} from "../core/index.js";

type FileErrorClass = new (message: string, details?: ErrorDetails) => StrataError;

interface Meaning {
  readonly error: FileErrorClass;
  /** The words of TensorFlow's own file errors (POSIX `strerror`). */
  readonly what: string;
  readonly hint: string;
}

const notFound = { error: NotFoundError, what: "No such file or directory", hint: "check the path" };
const denied = { error: PermissionDeniedError, what: "Permission denied", hint: "check who may read and write there" };
const diskFull = {
  error: ResourceExhaustedError,
  what: "No space left on device",
  hint: "free some space, or choose another disk",
};
const tooManyFiles = {
  error: ResourceExhaustedError,
  what: "Too many open files",
  hint: "close some, or raise the limit (ulimit -n)",
};

const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: notFound,
  EACCES: denied,
  EPERM: denied,
  EROFS: { ...denied, what: "Read-only file system", hint: "choose a place that can be written" },
  ENOSPC: diskFull,
  EDQUOT: { ...diskFull, what: "Disk quota exceeded" },
  EFBIG: { ...diskFull, what: "File too large" },
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EEXIST: { error: AlreadyExistsError, what: "File exists", hint: "choose another name, or remove what is there" },
  ENOTDIR: {
    error: FailedPreconditionError,
    what: "Not a directory",
    hint: "a file stands where a directory is expected: check the path",
  },
  EISDIR: {
    error: FailedPreconditionError,
    what: "Is a directory",
    hint: "a directory stands where a file is expected: check the path",
  },
  EIO: { error: DataLossError, what: "Input/output error", hint: "the disk may be failing; try another" },
};

/**
 * @param error what the system threw; a StrataError passes through unchanged
 * @param action what was tried, as in "Could not read"
 * @param path the file or directory it was tried on
 */
export function fileError(error: unknown, action: string, path: string): StrataError {
  if (error instanceof StrataError) return error;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const meaning = meanings[code];
  if (meaning === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    return new UnavailableError(`${action} ${path}: ${reason}`, { cause: error });
  }
  return new meaning.error(`${action} ${path}: ${meaning.what}`, { hint: meaning.hint, cause: error });
}
