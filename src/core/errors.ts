/**
 * @file One hierarchy of errors. Each knows its code, the operation it is about, where the user's
 * program built that operation, and how to mend it; the first line keeps TensorFlow's wording.
 */

/** A place in the user's program, as `file:line:column`. */
export type CallSite = string;

/** What an error carries beside its message. */
export interface ErrorDetails {
  /** Name of the operation the error is about. */
  readonly op?: string | undefined;
  /** Where the user's program created that operation. */
  readonly createdAt?: CallSite | undefined;
  /** What needed the failing thing, outermost first: `loss ← dense/MatMul ← dense/kernel`. */
  readonly neededBy?: string | undefined;
  /** How to mend it, as one line. */
  readonly hint?: string | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** The root of every error Tensorstrata throws. Each class states its name, which minifiers would change. */
export class StrataError extends Error {
  static override readonly name: string = "StrataError";
  /** Stable identifier, such as `SHAPE` or `INVALID_ARGUMENT`. */
  readonly code: string = "UNKNOWN";
  readonly op: string | undefined;
  readonly createdAt: CallSite | undefined;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(render(message, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.op = details.op;
    this.createdAt = details.createdAt;
    this.hint = details.hint;
  }
}

function render(message: string, details: ErrorDetails): string {
  const lines = [message];
  if (details.createdAt !== undefined) lines.push(`  created at  ${details.createdAt}`);
  if (details.neededBy !== undefined) lines.push(`  needed by   ${details.neededBy}`);
  if (details.hint !== undefined) lines.push(`  fix         ${details.hint}`);
  return lines.join("\n");
}

// ---- found while a graph is built or a call is checked (TensorFlow's ValueError, TypeError, …) ----

/** Shapes that do not fit, or an axis out of range. */
export class ShapeError extends StrataError {
  static override readonly name: string = "ShapeError";
  override readonly code = "SHAPE";
}
/** Element types that do not match, or values that do not convert. */
export class DTypeError extends StrataError {
  static override readonly name: string = "DTypeError";
  override readonly code = "DTYPE";
}
/** Names, scopes, collections, graphs and variables used wrongly. */
export class GraphError extends StrataError {
  static override readonly name: string = "GraphError";
  override readonly code = "GRAPH";
}
/** Something unusable in `feeds`. */
export class FeedError extends StrataError {
  static override readonly name: string = "FeedError";
  override readonly code = "FEED";
}
/** Something unusable in `fetches`. */
export class FetchError extends StrataError {
  static override readonly name: string = "FetchError";
  override readonly code = "FETCH";
}
/** A session that is closed, missing or bound to another graph. */
export class SessionError extends StrataError {
  static override readonly name: string = "SessionError";
  override readonly code = "SESSION";
}
/** An argument outside what a function accepts. */
export class ArgumentError extends StrataError {
  static override readonly name: string = "ArgumentError";
  override readonly code = "ARGUMENT";
}
/** A differentiable path that does not exist. TensorFlow's LookupError. */
export class GradientError extends StrataError {
  static override readonly name: string = "GradientError";
  override readonly code = "GRADIENT";
}

// ---- found while a program runs: TensorFlow's `tf.errors`, under its names ----

/** An operation failed while running. */
export class OpError extends StrataError {
  static override readonly name: string = "OpError";
}
/** A value does not fit what it is for: a shape, an index, a label out of range. `tf.errors.InvalidArgumentError`. */
export class InvalidArgumentError extends OpError {
  static override readonly name: string = "InvalidArgumentError";
  override readonly code = "INVALID_ARGUMENT";
}
/** Something must happen first: a variable has no value yet, a file stands where a directory should. `tf.errors.FailedPreconditionError`. */
export class FailedPreconditionError extends OpError {
  static override readonly name: string = "FailedPreconditionError";
  override readonly code = "FAILED_PRECONDITION";
}
/** A file, or an entry in one, is not there. `tf.errors.NotFoundError`. */
export class NotFoundError extends OpError {
  static override readonly name: string = "NotFoundError";
  override readonly code = "NOT_FOUND";
}
/** There is no more of what was asked for. `tf.errors.OutOfRangeError`. */
export class OutOfRangeError extends OpError {
  static override readonly name: string = "OutOfRangeError";
  override readonly code = "OUT_OF_RANGE";
}
/** A file is truncated or damaged. `tf.errors.DataLossError`. */
export class DataLossError extends OpError {
  static override readonly name: string = "DataLossError";
  override readonly code = "DATA_LOSS";
}
/** Something of that name is there already. `tf.errors.AlreadyExistsError`. */
export class AlreadyExistsError extends OpError {
  static override readonly name: string = "AlreadyExistsError";
  override readonly code = "ALREADY_EXISTS";
}
/** The system does not let this process have a file. `tf.errors.PermissionDeniedError`. */
export class PermissionDeniedError extends OpError {
  static override readonly name: string = "PermissionDeniedError";
  override readonly code = "PERMISSION_DENIED";
}
/** There is no memory, no room on the disk, or no file handle left. `tf.errors.ResourceExhaustedError`. */
export class ResourceExhaustedError extends OpError {
  static override readonly name: string = "ResourceExhaustedError";
  override readonly code = "RESOURCE_EXHAUSTED";
}
/** A service or device does not answer. `tf.errors.UnavailableError`. */
export class UnavailableError extends OpError {
  static override readonly name: string = "UnavailableError";
  override readonly code = "UNAVAILABLE";
}
/** This version cannot do that; the hint says what can be done instead. `tf.errors.UnimplementedError`. */
export class UnimplementedError extends OpError {
  static override readonly name: string = "UnimplementedError";
  override readonly code = "UNIMPLEMENTED";
}
/** A fault of Tensorstrata itself; please report it. */
export class InternalError extends OpError {
  static override readonly name: string = "InternalError";
  override readonly code = "INTERNAL";
}

/** The directory this library's compiled files live in; frames inside it are not the user's. */
const libraryRoot = new URL("../", import.meta.url).href.replace(/^file:\/\//, "");

/** A captured stack, turned into a call site only when somebody asks. */
export interface CallSiteCapture {
  /** As the engine writes it; read only where somebody asks. */
  readonly stack?: string;
}

/** Remembers where we are, cheaply; {@link callSiteOf} reads it. */
export function captureCallSite(): CallSiteCapture {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const holder: CallSiteCapture = {};
  if (Error.captureStackTrace !== undefined) Error.captureStackTrace(holder, captureCallSite);
  else (holder as { stack?: string }).stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  return holder;
}

/** The first frame of a captured stack that lies outside this library, as `file:line:column`. */
export function callSiteOf(capture: CallSiteCapture): CallSite | undefined {
  for (const line of (capture.stack ?? "").split("\n")) {
    const match = /(?:\(|@| )((?:file:\/\/|https?:\/\/|webpack:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(
      line.trim(),
    );
    const place = match?.[1];
    if (place === undefined) continue;
    const path = place.replace(/^file:\/\//, "");
    if (!path.startsWith(libraryRoot)) return path;
  }
  return undefined;
}
