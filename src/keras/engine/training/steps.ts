/**
 * @file The step functions of a compiled model: what one batch runs for training, testing and predicting.
 * Each is a single run of the session: forward, backward, update and metrics are one program. Built when
 * the first batch of its kind arrives.
 */
import { ArgumentError, dtypeFacts, NdArray, type NumericDType } from "../../../core/index.js";
import { type Graph, GraphKeys, type Operation, type Tensor } from "../../../graph/index.js";
import { cast, gradients, group, placeholder, type Variable } from "../../../ops/index.js";
import type { Callable, Session } from "../../../runtime/index.js";
import type { Metric, Optimizer } from "../../contracts.js";
import { maskOf } from "../call-context.js";
import type { AnyLayer } from "../layer.js";
import { flatten, type Nested, requireResult } from "../nested.js";
import { located } from "../place.js";
import { getSession, initializeVariables } from "../session.js";
import { batchKey, inputKey, kindOf } from "./data.js";
import { alignLabels, buildLosses, mergeMask } from "./losses.js";
import { makeMetrics, type OutputMetric } from "./metrics.js";
import type { Batch, BatchArray, CompileOptions } from "./options.js";
import { type TrainableFlags, trainableFlags, withTrainable } from "./trainable.js";

/** A model applied to placeholders. */
export interface Forward {
  readonly inputs: readonly Tensor[];
  readonly outputs: Nested;
  /** What the call added to the loss. */
  readonly losses: readonly Tensor[];
  /** What the call added to training steps. */
  readonly updates: readonly Operation[];
}

/** The model as step functions see it. */
export interface SteppedModel extends AnyLayer {
  readonly outputNames: readonly string[];
  /** The model on placeholders that fit these inputs. */
  forward(training: boolean, inputs: readonly BatchArray[]): Forward;
}

export interface StepResult {
  /** As many as there are {@link Steps.names}, in their order: losses of the batch, then the metrics so far. */
  readonly values: readonly number[];
  readonly lossCount: number;
}

/** A fetched value as one number; of several, the mean. */
const asNumber = (value: unknown): number => {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  const data = Array.from((value as NdArray<NumericDType>).data);
  return data.reduce((sum, x) => sum + x, 0) / data.length;
};

interface Built {
  readonly graph: Graph;
  readonly fetches: readonly (Tensor | Operation)[];
  readonly feeds: readonly Tensor[];
  readonly variables: readonly Variable[];
  /** The losses among what is fetched: the total, then the parts. */
  readonly lossCount: number;
}
interface Ready {
  readonly session: Session;
  readonly run: Callable<readonly unknown[]>;
  readonly built: Built;
}
/** The step that the last batch ran: the next one is mostly of the same kind. */
interface Recent {
  readonly batchKey: string;
  readonly ready: Ready;
}

/** Programs of one compiled model. A model that is compiled again, or changed, gets new ones. */
export class Steps {
  private readonly built = new Map<string, Built>();
  private readonly ready = new Map<string, Ready>();
  private readonly recent: { train?: Recent; test?: Recent } = {};
  private readonly placeholders = new Map<string, Tensor>();
  private metricList: OutputMetric[] | null = null;
  private resetOp: Operation | null = null;
  private finalizeOp: Operation | null = null;

  /** Layers train as they did when the model was compiled. */
  private readonly flags: TrainableFlags;

  constructor(
    private readonly model: SteppedModel,
    private readonly options: CompileOptions,
    private readonly optimizer: Optimizer | null,
  ) {
    this.flags = trainableFlags(model);
  }

  /** What training changes. */
  get trainableWeights(): readonly Variable[] {
    return withTrainable(this.flags, () => this.model.trainableWeights);
  }

  /** The metrics, once a first batch has told what they are of. */
  get metrics(): readonly Metric[] {
    return (this.metricList ?? []).map(({ metric }) => metric);
  }
  /** `loss`, the outputs' losses, the metrics; in full once a first batch was seen. */
  names: readonly string[] = ["loss"];

  /**
   * Trains or tests on a batch, and returns at once where nothing need be awaited. The results of training are
   * those before the update.
   */
  step(kind: "train" | "test", batch: Batch): StepResult | Promise<StepResult> {
    const recent = this.recent[kind];
    if (recent !== undefined && recent.batchKey === batch.key) {
      const { ready } = recent;
      if (getSession(ready.built.graph) === ready.session) return this.run(ready, batch);
    }
    return this.firstStep(kind, batch);
  }
  /** The outputs for a batch, in order. */
  async predict(batch: Batch): Promise<NdArray[]> {
    const key = `predict:${inputKey(batch)}`;
    const built = this.buildOnce(key, () => this.buildPredict(batch));
    const { run } = await this.prepare(key, built);
    const values = await run(...batch.inputs);
    return (values as unknown[]).map((value, i) =>
      value instanceof NdArray ? value : NdArray.from(value as number, (built.fetches[i] as Tensor).dtype),
    );
  }

  /** Makes the metrics forget what they have seen. */
  async reset(): Promise<void> {
    const list = this.metricList ?? [];
    if (list.length === 0) return;
    const { graph } = list[0]?.metric.variables[0] ?? {};
    if (graph === undefined) return;
    this.resetOp ??= graph.asDefault(() =>
      group(...list.map(({ metric }) => metric.resetState()), { name: "reset_metrics" }),
    );
    await getSession(graph).run(this.resetOp);
  }

  /** Puts the moving averages of an optimizer with `useEma` into the model, as the end of a training does. */
  async finalize(): Promise<void> {
    const { optimizer, trainableWeights: weights } = this;
    const [first] = weights;
    if (first === undefined || optimizer?.keepsAverages !== true) return;
    const { graph } = first;
    this.finalizeOp ??= graph.asDefault(() => optimizer.finalizeVariableValues?.(weights) ?? null);
    if (this.finalizeOp !== null) await getSession(graph).run(this.finalizeOp);
  }

  /** A step of a kind that may still have to be built, in a session that may be new. */
  private async firstStep(kind: "train" | "test", batch: Batch): Promise<StepResult> {
    const key = batch.key ?? batchKey(batch);
    const name = `${kind}:${key}`;
    const ready = await this.prepare(
      name,
      this.buildOnce(name, () => this.buildStep(kind, batch)),
    );
    this.recent[kind] = { batchKey: key, ready };
    return this.run(ready, batch);
  }

  private run({ run, built: { lossCount } }: Ready, batch: Batch): StepResult | Promise<StepResult> {
    const fetched = run.soon(fedArrays(batch));
    return fetched instanceof Promise
      ? fetched.then((values) => resultOf(values, lossCount))
      : resultOf(fetched, lossCount);
  }

  private buildOnce(key: string, build: () => Built): Built {
    const known = this.built.get(key);
    if (known !== undefined) return known;
    try {
      const made = withTrainable(this.flags, build);
      this.built.set(key, made);
      return made;
    } catch (error) {
      throw located(error);
    }
  }

  /** The step in the session of now, its variables initialized. */
  private async prepare(key: string, built: Built): Promise<Ready> {
    const { graph, fetches, feeds, variables } = built;
    const session = getSession(graph);
    const known = this.ready.get(key);
    if (known?.session === session) return known;
    await initializeVariables(variables, session);
    const run = session.makeCallable(fetches, feeds) as Callable<readonly unknown[]>;
    const ready = { session, run, built };
    this.ready.set(key, ready);
    return ready;
  }

  private buildPredict(batch: Batch): Built {
    const forward = this.model.forward(false, batch.inputs);
    const fetches = flatten(forward.outputs);
    const variables = [...this.model.weights, ...this.model.stateVariables];
    return { graph: graphOf(forward), fetches, feeds: forward.inputs, variables, lossCount: 0 };
  }

  private buildStep(kind: "train" | "test", batch: Batch): Built {
    const { model } = this;
    const isTraining = kind === "train";
    const forward = model.forward(isTraining, batch.inputs);
    const graph = graphOf(forward);
    const before = new Set(stateOf(graph));
    return graph.asDefault(() =>
      graph.controlDependencies(null, () =>
        graph.nameScope(isTraining ? "training" : "testing", () => {
          const yPred = flatten(forward.outputs);
          const labels = this.feedsFor(graph, "target", batch.targets);
          const weights = this.feedsFor(graph, "sample_weight", batch.weights);
          // As in Keras, labels have the predictions' precision.
          const yTrue = labels.map(
            (label, i) => label && alignLabels(cast(label, (yPred[i] as Tensor).dtype) as Tensor, yPred[i] as Tensor),
          );
          const masks = yPred.map(maskOf);
          const { total, parts } = buildLosses(this.options, model.outputNames, yTrue, yPred, weights, masks);
          const loss = sumOf([...(total === null ? [] : [total]), ...forward.losses, ...model.regularizationLosses]);
          if (loss === null)
            throw new ArgumentError("No loss to compute. Provide a `loss` argument in `compile()`.", {
              hint: 'model.compile({ loss: "mse" })',
            });
          this.metricList ??= makeMetrics(this.options, model.outputNames, yTrue, yPred);
          const shown = model.outputNames.length > 1 && parts.length > 1 ? parts : [];
          const partNames = shown.map(({ output }) => `${output}_loss`);
          this.names = ["loss", ...partNames, ...this.metricList.map(({ name }) => name)];
          const results = this.metricList.map(({ metric, output, isWeighted }) => {
            const label = yTrue[output];
            if (label === null || label === undefined)
              throw new ArgumentError(
                `No target was given for the output '${model.outputNames[output]}', which has metrics.`,
              );
            const prediction = yPred[output] as Tensor;
            const weight = mergeMask(
              isWeighted ? (weights[output] ?? null) : null,
              masks[output] ?? null,
              "float32",
              "sum",
            );
            const update = metric.updateState(label, prediction, weight);
            return graph.controlDependencies([update], () => metric.result());
          });
          const done = isTraining ? this.buildUpdate(graph, loss, forward.updates) : group({ name: "done" });
          const made = stateOf(graph).filter((variable) => !before.has(variable));
          return {
            graph,
            fetches: [done, loss, ...shown.map(({ value }) => value), ...results],
            feeds: [...forward.inputs, ...present(labels), ...present(weights)],
            variables: [
              ...model.weights,
              ...model.stateVariables,
              ...(isTraining ? (this.optimizer?.variables() ?? []) : []),
              ...made,
            ],
            lossCount: 1 + shown.length,
          };
        }),
      ),
    );
  }

  /** The operation that changes the weights, then brings them back to what their constraints admit. */
  private buildUpdate(graph: Graph, loss: Tensor, updates: readonly Operation[]): Operation {
    const { model, optimizer } = this;
    const weights = model.trainableWeights;
    if (optimizer === null || weights.length === 0) return group(...updates, { name: "train" });
    const computed: readonly (Tensor | null)[] = gradients(
      loss,
      weights.map((weight) => weight.ref),
    );
    if (computed.every((gradient) => gradient === null))
      throw new ArgumentError("No gradients provided for any variable.", {
        hint: "the loss does not depend on the model's trainable weights by differentiable operations",
      });
    const applied = optimizer.applyGradients(weights.map((weight, i) => [computed[i] ?? null, weight] as const));
    const { constraints } = model;
    const constrained = graph.controlDependencies([applied], () =>
      weights.flatMap((weight) => {
        const constraint = constraints.get(weight);
        return constraint === undefined
          ? []
          : [weight.assign(requireResult(constraint(weight.readValue()), "the constraint")).op];
      }),
    );
    return group(applied, ...constrained, ...updates, { name: "train" });
  }

  /** A placeholder for each array, the same for arrays of one kind. */
  private feedsFor(graph: Graph, what: string, arrays: readonly (BatchArray | null)[]): (Tensor | null)[] {
    return arrays.map((array, i) => {
      if (array === null) return null;
      const key = `${what}:${i}:${kindOf(array)}`;
      const known = this.placeholders.get(key);
      if (known !== undefined) return known;
      if (dtypeFacts[array.dtype].bytes === 0) throw new ArgumentError(`A ${what} cannot be text.`);
      const name = this.model.outputNames.length > 1 ? `${what}_${i}` : what;
      const made: Tensor = graph.nameScope(null, () =>
        placeholder(array.dtype, [null, ...array.shape.slice(1)], { name }),
      );
      this.placeholders.set(key, made);
      return made;
    });
  }
}

const graphOf = ({ inputs }: Forward): Graph => (inputs[0] as Tensor).graph;
const present = <T>(list: readonly (T | null)[]): T[] => list.filter((item) => item !== null);
/** What a step fetched: the operation that is done, then numbers. */
function resultOf(fetched: readonly unknown[], lossCount: number): StepResult {
  const values = new Array<number>(fetched.length - 1);
  for (let i = 0; i < values.length; i++) values[i] = asNumber(fetched[i + 1]);
  return { values, lossCount };
}
const fedArrays = ({ inputs, targets, weights }: Batch): BatchArray[] => [
  ...inputs,
  ...present(targets),
  ...present(weights),
];
const stateOf = (graph: Graph): Variable[] => [
  ...graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES),
  ...graph.getCollection<Variable>(GraphKeys.LOCAL_VARIABLES),
];

/** The sum of scalars; `null` of none. */
function sumOf(losses: readonly Tensor[]): Tensor | null {
  const [first, ...rest] = losses;
  if (first === undefined) return null;
  return rest.reduce((sum, loss) => sum.add(cast(loss, first.dtype)) as Tensor, first);
}
