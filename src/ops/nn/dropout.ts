/** @file Dropout. Follows `nn_ops.dropout` of TensorFlow 1.3, which also fixes the order in which seeds are taken. */
import {
  ArgumentError,
  type ArrayLike_,
  callSiteOf,
  captureCallSite,
  type DType,
  DTypeError,
  isFloating,
  type Shape,
} from "../../core/index.js";
import { constantValue, type Tensor } from "../../graph/index.js";
import { type ShapeArgument, shape as shapeOf } from "../array/index.js";
import { add, divide, multiply } from "../binary.js";
import { convertToTensor, type TensorLike, tensorOf } from "../define.js";
import { randomUniform, type SeedOption } from "../random/index.js";
import { withNameScope } from "../scopes.js";
import { floor } from "../unary.js";

/** Options of {@link dropout}. */
export interface DropoutOptions extends SeedOption {
  /**
   * Shape of the random mask, which broadcasts to the input: `[rows, 1]` keeps or drops whole rows.
   * Default: the input's shape, every element by itself.
   */
  readonly noiseShape?: ShapeArgument | null;
}

/**
 * Keeps each element with probability `keepProb`, divided by it so that the expected sum stays, and sets
 * the others to 0. It does so in every run: feed a placeholder `keepProb` with 1 where nothing shall be
 * dropped. A `keepProb` known to be 1 gives `x` itself. `tf.nn.dropout`.
 * @param keepProb a number in (0, 1], or a scalar tensor of the dtype of `x`
 * @throws ArgumentError for another number or a tensor that is no scalar, DTypeError for whole-number `x`
 */
export function dropout<D extends DType, S extends Shape>(
  x: Tensor<D, S> | ArrayLike_,
  keepProb: number | Tensor,
  options: DropoutOptions = {},
): Tensor<D, S> {
  const probability = tensorOf(keepProb);
  if (probability === undefined) requireProbability(keepProb);
  else if (probability.rank !== null && probability.rank !== 0) requireProbability(probability);
  const { noiseShape, seed, name } = options;
  const build = (): Tensor => {
    const input = convertToTensor(x as TensorLike, { name: "x" });
    const { dtype } = input;
    if (!isFloating(dtype))
      throw new DTypeError(
        `x has to be a floating point tensor since it's going to be scaled. Got a ${dtype} tensor.`,
        {
          op: input.op.name,
          createdAt: input.op.createdAt,
          hint: 'tf.cast(x, "float32") converts it',
        },
      );
    const keep = convertToTensor(keepProb, { dtype, name: "keep_prob" });
    const known = constantValue(keep)?.item();
    if (known !== undefined) requireProbability(known);
    if (known === 1) return input;
    const uniform = randomUniform(noiseShape ?? shapeOf(input), { seed, dtype });
    const mask = floor(add(uniform, keep));
    const result = multiply(divide(input, keep), mask);
    result.setShape(input.partialShape);
    return result;
  };
  const values = [x as TensorLike, keepProb];
  return withNameScope(name, build, { defaultName: "dropout", values }) as Tensor<D, never>;
}

function requireProbability(keepProb: unknown): void {
  if (typeof keepProb === "number" && keepProb > 0 && keepProb <= 1) return;
  throw new ArgumentError(`keep_prob must be a scalar tensor or a float in the range (0, 1], got ${String(keepProb)}`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: "keepProb is the fraction to keep: 0.75 drops a quarter",
  });
}
