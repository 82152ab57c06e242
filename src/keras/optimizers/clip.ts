/** @file How optimizers keep gradients small. Follows `base_optimizer.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Tensor } from "../../graph/index.js";
import { globalNorm } from "../../ops/index.js";

/** How gradients are clipped; one way at a time. */
export interface ClipOptions {
  /** The largest norm of each gradient. Default: none. */
  readonly clipnorm?: number | null;
  /** The largest magnitude of each element of a gradient. Default: none. */
  readonly clipvalue?: number | null;
  /** The largest norm of all gradients together. Default: none. */
  readonly globalClipnorm?: number | null;
}

/** @throws ArgumentError for more than one way to clip */
export function requireOneClip({ clipnorm, clipvalue, globalClipnorm }: ClipOptions): void {
  if ([clipnorm, clipvalue, globalClipnorm].filter((clip) => clip !== null && clip !== undefined).length > 1)
    throw new ArgumentError(
      `Only one of \`clipnorm\`, \`clipvalue\` and \`global_clipnorm\` can be set. Received: clipnorm=${clipnorm}, clipvalue=${clipvalue}, global_clipnorm=${globalClipnorm}`,
    );
}

/** The gradient times `bound / max(norm, bound)`. */
const scaledTo = (gradient: Tensor, norm: Tensor, bound: number): Tensor =>
  gradient.mul((norm.maximum(bound) as Tensor).reciprocal().mul(bound).cast(gradient.dtype) as Tensor);

/** Gradients within the bounds that are set. */
export function clipGradients(given: readonly Tensor[], options: ClipOptions): readonly Tensor[] {
  const { clipnorm, clipvalue, globalClipnorm } = options;
  if (clipnorm)
    return given.map((gradient) => scaledTo(gradient, gradient.square().reduceSum().sqrt() as Tensor, clipnorm));
  if (globalClipnorm) {
    const norm = globalNorm(given) as Tensor;
    return given.map((gradient) => scaledTo(gradient, norm, globalClipnorm));
  }
  return clipvalue ? given.map((gradient) => gradient.clipByValue(-clipvalue, clipvalue)) : given;
}
