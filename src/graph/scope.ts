/**
 * @file What every scope of a graph has in common: it ends when its body does, when the promise of an
 * asynchronous body settles, or when `using` disposes it. Imports nothing.
 */

/** Something a scope function returns when called without a body: `using scope = graph.nameScope("a")`. */
export interface Scope extends Disposable {
  /** The scope's full name with a trailing slash; empty at the root, and for scopes that name nothing. */
  readonly scope: string;
}

/** Runs `body` in a scope that has been entered, then leaves it; without a body, `leave` is up to the caller. */
export function within<T>(scope: string, body: ((scope: string) => T) | undefined, leave: () => void): T | Scope {
  if (body === undefined) return { scope, [Symbol.dispose]: leave };
  let result: T;
  try {
    result = body(scope);
  } catch (error) {
    leave();
    throw error;
  }
  if (result instanceof Promise) return result.finally(leave) as T;
  leave();
  return result;
}
