/**
 * @file What a session was asked lately. `session.run` is told the same fetches and fed tensors again and
 * again, as new arrays with the same elements; they are resolved once.
 */
import type { Site } from "./executor.js";
import type { FeedKey, FeedValue } from "./feeds.js";
import type { FetchPlan } from "./fetches.js";

/** A run with its fetches and feeds resolved. */
export interface Call {
  readonly plan: FetchPlan;
  readonly site: Site;
}

interface Known {
  readonly fetches: unknown;
  readonly keys: readonly FeedKey[];
  readonly call: Call;
}

/** So many different calls are remembered. */
const limit = 16;

export class RecentCalls {
  private readonly known: Known[] = [];

  find(fetches: unknown, feeds: readonly (readonly [FeedKey, FeedValue])[]): Call | undefined {
    const { known } = this;
    for (let i = 0; i < known.length; i++) {
      const one = known[i] as Known;
      if (!sameKeys(one.keys, feeds) || !sameFetches(one.fetches, fetches)) continue;
      // A step towards the front; what is asked most is found first.
      if (i > 0) {
        known[i] = known[i - 1] as Known;
        known[i - 1] = one;
      }
      return one.call;
    }
    return undefined;
  }

  add(fetches: unknown, keys: readonly FeedKey[], call: Call): void {
    if (this.known.length >= limit) this.known.pop();
    this.known.push({ fetches: copyOf(fetches), keys: [...keys], call });
  }
}

function sameKeys(keys: readonly FeedKey[], feeds: readonly (readonly [FeedKey, FeedValue])[]): boolean {
  if (keys.length !== feeds.length) return false;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== feeds[i]?.[0]) return false;
  return true;
}

/** Fetches of equal structure with the same elements: tensors and operations never change, names never move. */
function sameFetches(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameFetches(a[i], b[i])) return false;
    return true;
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key, i) => key === others[i] && sameFetches(a[key], b[key]));
}

/** The structure apart from the caller's arrays and records, which may change afterwards. */
function copyOf(fetches: unknown): unknown {
  if (Array.isArray(fetches)) return fetches.map(copyOf);
  if (isRecord(fetches)) return Object.fromEntries(Object.entries(fetches).map(([key, value]) => [key, copyOf(value)]));
  return fetches;
}

/** Plain records; tensors and variables are elements. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
