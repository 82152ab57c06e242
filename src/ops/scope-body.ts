/** @file A check of what opens scopes: no function is given to it. */
import { ArgumentError, callSiteOf, captureCallSite } from "../core/index.js";

/**
 * A function in place of the options would never be called, and the scope would stay open.
 * @throws ArgumentError for a function
 */
export function requireNoBody(opener: string, given: unknown): void {
  if (typeof given !== "function") return;
  const name = `with${opener.charAt(0).toUpperCase()}${opener.slice(1)}`;
  throw new ArgumentError(`tf.${opener} opens a scope and takes no function`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: `tf.${name}(…, () => { … }) runs a function in the scope; using scope = tf.${opener}(…) leaves it at the block's end`,
  });
}
