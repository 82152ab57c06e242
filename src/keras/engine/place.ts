/**
 * @file Where the user's program caused an error of a layer or a loss. What finds the error does not ask where it is:
 * the place is looked up once an error passes the call that the user made, so that calls without errors cost nothing
 * more. Imports `core`.
 */
import { type CallSiteCapture, callSiteOf, captureCallSite, StrataError } from "../../core/index.js";

/**
 * The error with a place in the user's program, where it has none; what is no error of this library stays as it is.
 * @param place default: the user's call that is under way
 */
export function located(error: unknown, place: CallSiteCapture = captureCallSite()): unknown {
  if (!(error instanceof StrataError) || error.createdAt !== undefined) return error;
  const createdAt = callSiteOf(place);
  if (createdAt === undefined) return error;
  const { message, hint, stack = "" } = error;
  const fix = hint === undefined ? "" : new StrataError("", { hint }).message;
  const what = message.slice(0, message.length - fix.length);
  const placed = new StrataError(what, { createdAt, hint }).message;
  return Object.assign(error, { createdAt, message: placed, stack: stack.replace(message, () => placed) });
}
