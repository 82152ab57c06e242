/** @file What the rest of the library may use of `runtime`. */
import "./methods.js";

export type { FeedKey, Feeds, FeedValue } from "./feeds.js";
export type { Fetch, FetchResult } from "./fetches.js";
export type { PartialRun } from "./partial-run.js";
export { SessionArray, TakenRows, takeRows } from "./rows.js";
export {
  type Callable,
  type DeviceName,
  getDefaultSession,
  InteractiveSession,
  Session,
  type SessionOptions,
  withSession,
} from "./session.js";
