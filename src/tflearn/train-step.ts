/**
 * @file `TrainStep`: the operations that a trainer builds for one `TrainOp`: moving averages of what is
 * shown, clipped gradients, the update. Follows `TrainOp.initialize_training_ops` of TFLearn.
 */
import { GraphKeys, type Operation, type Tensor } from "../graph/index.js";
import { addN, clipByGlobalNorm, group, noOp, type Variable } from "../ops/index.js";
import { ExponentialMovingAverage, type GradientAndVariable } from "../train/index.js";
import type { TrainOp } from "./train-op.js";

/** How much of the old the shown averages keep, at most: early steps keep `(1 + n) / (10 + n)`. */
const shownDecay = 0.9;

export class TrainStep {
  /** One step: gradients, update, averages. */
  readonly train: Operation;
  /** The averages that are shown; read in the run of a step they are those of the steps before. */
  readonly averageLoss: Variable;
  readonly averageMetric: Variable | null;
  /** The loss with the penalties of the weights. */
  readonly totalLoss: Tensor;
  /** Shadows of the trained variables, where the operation keeps them. */
  readonly variableAverages: ExponentialMovingAverage | null;

  /**
   * @param index place among the operations of the trainer, for names
   * @param clipGradients largest global norm of the gradients; 0 leaves them as they are
   */
  constructor(
    readonly op: TrainOp,
    index: number,
    clipGradients: number,
  ) {
    const { graph } = op.loss;
    const averages = new ExponentialMovingAverage(shownDecay, {
      numUpdates: op.trainingSteps.value(),
      name: "moving_avg",
    });
    const measured = op.metric === null ? [op.loss] : [op.loss, op.metric];
    const averaged = averages.apply(measured);
    this.averageLoss = averages.average(op.loss) as Variable;
    this.averageMetric = op.metric === null ? null : averages.average(op.metric);
    const built = graph.nameScope(op.name, () => {
      const penalties = graph.getCollection<Tensor>(GraphKeys.REGULARIZATION_LOSSES);
      const totalLoss =
        penalties.length === 0 ? op.loss : (addN([op.loss, ...penalties], { name: "Total_Loss" }) as Tensor);
      const pairs = op.optimizer.computeGradients(totalLoss, { varList: op.trainableVars });
      const update = op.optimizer.applyGradients(clipped(pairs, clipGradients), {
        globalStep: op.trainingSteps,
        name: `apply_grad_op_${index}`,
      });
      return { totalLoss, update };
    });
    this.totalLoss = built.totalLoss;
    const { update } = built;
    this.variableAverages =
      op.ema > 0 ? new ExponentialMovingAverage(op.ema, { numUpdates: op.trainingSteps.value() }) : null;
    const shadows = this.variableAverages;
    const shadowed =
      shadows === null ? noOp() : graph.controlDependencies([update], () => shadows.apply(op.trainableVars));
    this.train = group(averaged, update, shadowed, { name: `train_op_${index}` });
  }
}

function clipped(pairs: readonly GradientAndVariable[], norm: number): readonly GradientAndVariable[] {
  const gradients = pairs.map(([gradient]) => gradient);
  if (!(norm > 0) || gradients.every((gradient) => gradient === null)) return pairs;
  const [scaled] = clipByGlobalNorm(gradients, norm);
  return pairs.map(([, variable], i) => [scaled[i] ?? null, variable]);
}
