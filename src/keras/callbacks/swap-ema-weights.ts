/** @file `SwapEMAWeights`. Follows `swap_ema_weights.py` of Keras 3. */
import { ArgumentError } from "../../core/index.js";
import type { Variable } from "../../ops/index.js";
import { recordOf, requireNoMore } from "../arguments.js";
import type { TrainedModel } from "../contracts.js";
import { getValue, setValues } from "../engine/session.js";
import { Callback } from "./callback.js";

/** Options of {@link SwapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Have the averages in the model from the end of each epoch to the beginning of the next, for other callbacks. Default false. */
  readonly swapOnEpoch?: boolean;
}

/**
 * Evaluates and predicts with the moving averages of the weights, which the optimizer keeps with
 * `useEma: true`, and goes on training with the weights themselves. `keras.callbacks.SwapEMAWeights`.
 */
export class SwapEMAWeights extends Callback {
  static override readonly name: string = "SwapEMAWeights";
  private readonly swapOnEpoch: boolean;
  private areAveragesInModel = false;

  constructor(options: SwapEMAWeightsOptions = {}) {
    const { swapOnEpoch = false, ...rest } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["swapOnEpoch"]);
    super();
    this.swapOnEpoch = swapOnEpoch;
  }

  /** @throws ArgumentError for a model whose optimizer keeps no averages */
  override setModel(model: TrainedModel): void {
    super.setModel(model);
    if (model.optimizer?.keepsAverages !== true)
      throw new ArgumentError("SwapEMAWeights must be used when `use_ema=True` is set on the optimizer.", {
        hint: 'model.compile({ optimizer: new keras.optimizers.Adam({ useEma: true }), loss: "mse" })',
      });
  }

  override onEpochBegin(): Promise<void> | undefined {
    return this.swapOnEpoch && this.areAveragesInModel ? this.swap() : undefined;
  }
  override async onEpochEnd(epoch: number): Promise<void> {
    if (!this.swapOnEpoch || this.areAveragesInModel) return;
    await this.swap();
    // The end of training puts averages into the model: they must be the averages, not what was swapped out.
    if (epoch === (this.params?.epochs ?? 0) - 1)
      await setValues(
        await Promise.all(this.pairs().map(async ([weight, average]) => [average, await getValue(weight)] as const)),
      );
  }
  override onTestBegin(): Promise<void> | undefined {
    return this.areAveragesInModel ? undefined : this.swap();
  }
  override onTestEnd(): Promise<void> | undefined {
    return this.areAveragesInModel ? this.swap() : undefined;
  }
  override onPredictBegin(): Promise<void> | undefined {
    return this.areAveragesInModel ? undefined : this.swap();
  }
  override onPredictEnd(): Promise<void> | undefined {
    return this.areAveragesInModel ? this.swap() : undefined;
  }

  /** The weights that have an average; none before the first step. */
  private pairs(): (readonly [weight: Variable, average: Variable])[] {
    return this.model.trainableWeights.flatMap((weight) => {
      const average = this.model.optimizer?.averageOf?.(weight) ?? null;
      return average === null ? [] : [[weight, average] as const];
    });
  }

  private async swap(): Promise<void> {
    const exchanged = await Promise.all(
      this.pairs().map(async ([weight, average]) => {
        const [value, mean] = [await getValue(weight), await getValue(average)];
        return [[weight, mean] as const, [average, value] as const];
      }),
    );
    await setValues(exchanged.flat());
    this.areAveragesInModel = !this.areAveragesInModel;
  }
}
