/**
 * @file Slots: variables that accompany another one, such as a momentum. A slot is named under its
 * primary (`W/Momentum`), is not trained, and is saved with the model. Follows `slot_creator.py` of
 * TensorFlow 1.3. May import `ops` and below.
 */
import { isFullyDefined, NdArray, type NumericDType } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { fill, ones, zeros } from "../ops/array/index.js";
import { constantTensor } from "../ops/define.js";
import { broadcastLike } from "../ops/like.js";
import { Variable } from "../ops/variable.js";

/**
 * A variable named `<primary>/<name>`, whatever name scope is open.
 * @param primary the variable or tensor it accompanies
 * @param initial makes its initial value
 */
export function createSlot(primary: Tensor, name: string, initial: () => Tensor): Variable {
  const { graph } = primary;
  const options = {
    name: `${primary.op.name}/${name}`,
    trainable: false,
    validateShape: isFullyDefined(primary.partialShape),
  };
  return graph.asDefault(() =>
    graph.controlDependencies(null, () => graph.nameScope(null, () => new Variable(initial, options))),
  );
}

/** A tensor in the shape and dtype of a variable or tensor, every element `value`. */
export function filledLike(primary: Tensor, value: number): Tensor {
  const dtype = primary.dtype as NumericDType;
  const shape = primary.partialShape;
  // A known shape needs no value of the variable, so that slots can be initialized before it.
  if (isFullyDefined(shape)) {
    if (value === 0) return zeros(shape, { dtype });
    return value === 1 ? ones(shape, { dtype }) : fill(shape, constantTensor(NdArray.from(value, dtype)));
  }
  const like = primary instanceof Variable ? primary.initializedValue() : primary;
  return broadcastLike(constantTensor(NdArray.from(value, dtype)), like);
}
