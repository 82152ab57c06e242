/**
 * @file Steps as the models of levels 3 and 4 tell of them: their `fit` draws the batches and averages loss
 * and accuracy by itself, so a step knows its place in the plan and those averages.
 */
import { type Examples, type Plan, placeOf, type Step, type Watch } from "./training.js";

/** Counts the steps of a `fit`, and ends it where the plan or the watcher does. */
export class FitSteps {
  private number = 0;

  constructor(
    private readonly count: number,
    private readonly plan: Plan,
    private readonly watch: Watch,
  ) {}

  /**
   * To be called after every batch.
   * @param loss the model's average over the batches so far, as is `accuracy`
   * @returns whether to go on
   */
  async next(loss: number, accuracy: number): Promise<boolean> {
    const number = ++this.number;
    const place = placeOf(number, this.plan);
    const step: Step = { number, ...place, examples: this.examplesOf(place.inRound), loss, accuracy, isAverage: true };
    return (await this.watch(step)) && number < this.plan.totalSteps;
  }

  /** The last batch of an epoch takes what is left. */
  private examplesOf(inRound: number): number {
    const { batchSize, stepsPerEpoch } = this.plan;
    return inRound < stepsPerEpoch ? batchSize : this.count - (stepsPerEpoch - 1) * batchSize;
  }
}

export const countOf = ({ images }: Examples): number => images.shape[0] ?? 0;
