/**
 * @file `Network`: the calls of layers between some inputs and outputs, in the order they must run. It can
 * be run again on other tensors, or for training. Follows `function.py` and `functional.py` of Keras 3.
 */
import { ArgumentError } from "../../core/index.js";
import { type Operation, Tensor } from "../../graph/index.js";
import type { CallContext } from "../engine/call-context.js";
import type { AnyLayer } from "../engine/layer.js";
import { Layer } from "../engine/layer.js";
import { flatten, type Nested, packLike } from "../engine/nested.js";
import { historyOf, type Node } from "../engine/node.js";
import { InputLayer } from "../layers/input.js";

/** One thing to do: a call of a layer, or an operation between layers. */
type Step = Node<AnyLayer> | Operation;
const isNode = (step: Step): step is Node<AnyLayer> => "inputTensors" in step;

const layerOf = (tensor: Tensor): Node<AnyLayer> | undefined => {
  const history = historyOf(tensor);
  return history?.layer instanceof Layer ? history.layer.inboundNodes[history.nodeIndex] : undefined;
};

export class Network {
  readonly inputTensors: readonly Tensor[];
  readonly outputTensors: readonly Tensor[];
  /** Every call that belongs to the model, in an order in which they can run. */
  readonly nodes: readonly Node<AnyLayer>[];
  /** Every layer once, those far from the outputs first. */
  readonly layers: readonly AnyLayer[];
  private readonly steps: readonly Step[];

  /** @throws ArgumentError where an output does not come from the inputs */
  constructor(
    readonly inputs: Nested,
    readonly outputs: Nested,
  ) {
    requireEnds(inputs, "inputs");
    requireEnds(outputs, "outputs");
    this.inputTensors = flatten(inputs);
    this.outputTensors = flatten(outputs);
    if (new Set(this.inputTensors).size < this.inputTensors.length)
      throw new ArgumentError("The list of inputs passed to the model contains the same input multiple times.");
    // A placeholder of level 1 is as good an input as one of ours.
    for (const tensor of this.inputTensors)
      if (historyOf(tensor) === undefined) new InputLayer({ tensor, name: tensor.op.name.replaceAll("/", "_") });
    const { steps, visited } = this.walk();
    this.steps = steps;
    this.nodes = steps.filter(isNode);
    this.layers = inDepthOrder(steps, visited);
    requireDistinctNames(this.layers);
  }

  /** Names of the inputs, by which records of data are matched. */
  get inputNames(): string[] {
    return this.inputTensors.map((tensor) => historyOf(tensor)?.layer.name ?? tensor.op.name);
  }

  /** The outputs for other inputs; `inputs` in the order of {@link inputTensors}. */
  run(inputs: readonly Tensor[], context: CallContext): Nested {
    const values = new Map<Tensor, Tensor>();
    this.inputTensors.forEach((tensor, i) => {
      values.set(tensor, inputs[i] as Tensor);
    });
    const substitute = (tensor: Tensor): Tensor => values.get(tensor) ?? tensor;
    const remember = (made: readonly Tensor[], results: readonly Tensor[]): void =>
      made.forEach((tensor, i) => {
        // An intermediate tensor that is itself an input keeps what was passed for it.
        if (!values.has(tensor)) values.set(tensor, results[i] as Tensor);
      });
    for (const step of this.steps) {
      if (!isNode(step)) {
        const { graph, definition, attributes, name } = step;
        const again = graph.createOperation(
          definition,
          step.inputs.map(substitute),
          attributes,
          name.split("/").at(-1),
        );
        remember(step.outputs, again.outputs);
      } else if (step.inputs !== null) {
        const given = packLike(step.inputs, step.inputTensors.map(substitute)) as Nested;
        const options = step.training === undefined ? {} : { training: step.training };
        remember(step.outputTensors, flatten(step.layer.invoke(given, options, context)));
      }
    }
    return packLike(this.outputs, this.outputTensors.map(substitute)) as Nested;
  }

  /** Finds what lies between inputs and outputs, each thing after what it needs. */
  private walk(): { readonly steps: Step[]; readonly visited: AnyLayer[] } {
    const boundary = new Set(this.inputTensors);
    const steps: Step[] = [];
    const visited: AnyLayer[] = [];
    /** Whether a tensor depends on the inputs, for every tensor that was looked at. */
    const reached = new Map<Tensor, boolean>();
    const done = new Set<Step>();

    const visit = (tensor: Tensor): boolean => {
      const known = reached.get(tensor);
      if (known !== undefined) return known;
      reached.set(tensor, boundary.has(tensor));
      const node = layerOf(tensor);
      if (boundary.has(tensor)) {
        // Only a true input layer is a part of the model; of an intermediate tensor the origin is not.
        if (node !== undefined && node.inputs === null) addNode(node);
        return true;
      }
      const found = node === undefined ? visitOperation(tensor.op) : visitNode(node, tensor);
      reached.set(tensor, found);
      return found;
    };
    const addNode = (node: Node<AnyLayer>): void => {
      if (done.has(node)) return;
      done.add(node);
      if (!visited.includes(node.layer)) visited.push(node.layer);
      steps.push(node);
    };
    const visitNode = (node: Node<AnyLayer>, tensor: Tensor): boolean => {
      if (node.inputs === null)
        throw new ArgumentError(
          `Graph disconnected: cannot find parent for tensor ${tensor} of input '${node.layer.name}'.`,
          { hint: "list this input among the model's inputs, or make the outputs from the inputs listed" },
        );
      if (!visited.includes(node.layer)) visited.push(node.layer);
      node.inputTensors.forEach(visit);
      addNode(node);
      return true;
    };
    const visitOperation = (op: Operation): boolean => {
      if (op.inputs.map(visit).every((found) => !found)) {
        if (op.definition.lower.kind === "placeholder")
          throw new ArgumentError(`Graph disconnected: cannot find parent for placeholder ${op.output}.`, {
            hint: "list it among the model's inputs",
          });
        return false;
      }
      if (!done.has(op)) {
        done.add(op);
        steps.push(op);
      }
      return true;
    };
    for (const tensor of this.outputTensors)
      if (!visit(tensor))
        throw new ArgumentError(`The output ${tensor} does not depend on the model's inputs.`, {
          hint: "make the outputs by applying layers to the inputs",
        });
    // Inputs that no output depends on come before whatever is as near to the outputs.
    const connected = visited.length;
    this.inputTensors.forEach(visit);
    return { steps, visited: [...visited.slice(connected), ...visited.slice(0, connected)] };
  }
}

/** Keras's order: by the longest way to an output, on which every operation counts, then as found from the outputs. */
function inDepthOrder(steps: readonly Step[], visited: readonly AnyLayer[]): AnyLayer[] {
  const stepDepth = new Map<Step, number>();
  const layerDepth = new Map<AnyLayer, number>();
  for (const step of [...steps].reverse()) {
    const own = stepDepth.get(step) ?? 0;
    const depth = isNode(step) ? Math.max(own, layerDepth.get(step.layer) ?? 0) : own;
    if (isNode(step)) layerDepth.set(step.layer, depth);
    for (const tensor of isNode(step) ? step.inputTensors : step.inputs) {
      const before = layerOf(tensor) ?? tensor.op;
      stepDepth.set(before, Math.max(stepDepth.get(before) ?? 0, depth + 1));
    }
  }
  const order = new Map(visited.map((layer, i) => [layer, i]));
  return [...layerDepth.keys()].sort(
    (a, b) => (layerDepth.get(b) ?? 0) - (layerDepth.get(a) ?? 0) || (order.get(a) ?? 0) - (order.get(b) ?? 0),
  );
}

/** @throws ArgumentError for what is not made of tensors */
function requireEnds(given: unknown, what: string): void {
  const isRecord = typeof given === "object" && given !== null;
  const parts: readonly unknown[] = given instanceof Tensor ? [given] : isRecord ? flatten(given as Nested) : [];
  if (parts.length > 0 && parts.every((part) => part instanceof Tensor)) return;
  throw new ArgumentError(`The \`${what}\` of a model must be a tensor, or a list or record of tensors.`, {
    hint: "new keras.Model({ inputs, outputs }) of keras.input(…) and what layers returned for it",
  });
}

export function requireDistinctNames(layers: readonly AnyLayer[]): void {
  const seen = new Map<string, AnyLayer>();
  for (const layer of layers) {
    if (seen.has(layer.name))
      throw new ArgumentError(`All layers should have unique names, but '${layer.name}' is the name of two.`, {
        hint: "give one of them another name in its options",
      });
    seen.set(layer.name, layer);
  }
}
