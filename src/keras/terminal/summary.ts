/**
 * @file The summary of a model as a table of its layers and a count of its parameters. Follows
 * `summary_utils.py` of Keras 3. Imports the contracts, `core` and `platform`.
 */
import { platform } from "#platform";
import { ArgumentError, dtypeFacts, type PartialShape } from "../../core/index.js";
import type { Variable } from "../../ops/index.js";
import { requireAmong } from "../arguments.js";
import type { LayerStructure, ModelStructure, NodeStructure, Optimizer } from "../contracts.js";
import { fixed, grouped } from "./number-format.js";
import { type Column, renderTable } from "./table.js";

/** Options of {@link printSummary}. */
export interface SummaryOptions {
  /** Characters of a line. Default: 88, or 108 with connections, and no more than the terminal has room for. */
  readonly lineLength?: number | null;
  /** Where the columns end, as parts of the line. Default `[0.45, 0.8, 1]`, or `[0.3, 0.56, 0.74, 1]`. */
  readonly positions?: readonly number[] | null;
  /** Receives the whole text in place of the standard output. */
  readonly printFn?: ((text: string) => void) | null;
  /** Shows the layers of models inside the model. Default false. */
  readonly expandNested?: boolean;
  /** Adds a column that says which layers are trained. Default false. */
  readonly showTrainable?: boolean;
  /** Names or patterns of the first and the last layer to show. Default: all. */
  readonly layerRange?: readonly [string | RegExp, string | RegExp] | null;
}

/** A model, and its optimizer where it has one. */
export type SummarizedModel = ModelStructure & { readonly optimizer?: Optimizer | null };

/** Prints {@link summaryText}. `keras.utils.summary_utils.print_summary`, `model.summary()`. */
export function printSummary(model: SummarizedModel, options: SummaryOptions = {}): void {
  if (options.printFn) options.printFn(summaryText(model, options));
  else {
    const { stdout } = platform;
    const color = stdout.isTerminal && stdout.colorDepth >= 8;
    stdout.write(`${summaryText(model, { ...options, color })}\n`);
  }
}

export interface SummaryTextOptions extends Omit<SummaryOptions, "printFn"> {
  /** Colours for a terminal with 256 of them. Default false. */
  readonly color?: boolean;
}

const knownOptions = ["lineLength", "positions", "printFn", "expandNested", "showTrainable", "layerRange", "color"];

/**
 * The layers of a model with the shapes of their outputs and their numbers of parameters.
 * @throws ArgumentError for a `layerRange` without a layer, or a line too short for the columns
 */
export function summaryText(model: SummarizedModel, options: SummaryTextOptions = {}): string {
  requireAmong(knownOptions, options, "summary()");
  const hasConnections = model.kind === "functional" && !isChain(model.nodes);
  const { showTrainable = false, color = false } = options;
  const paint = (code: string, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const bold = (text: string): string => paint("1", text);
  const numbers = (line: string): string =>
    line.replace(/\d[\d,]*|None/g, (text) => paint(text === "None" ? "38;5;45" : "38;5;34", text));

  const lineLength = lengthOf(hasConnections, showTrainable, options.lineLength);
  const widths = widthsOf(lineLength, hasConnections, showTrainable, options.positions);
  const column = (title: string, align: Column["align"], painted: Column["paint"]) => ({
    title,
    align,
    paint: painted,
  });
  const columns = [
    column("Layer (type)", "left", (line) => line.replace(/\((\w+…?)\)?\s*$/, (text) => paint("38;5;33", text))),
    column("Output Shape", "left", numbers),
    column("Param #", "right", numbers),
    ...(hasConnections
      ? [column("Connected to", "left", (line) => line.replace(/(?<=\[)\d+(?=\])/g, (n) => paint("38;5;34", n)))]
      : []),
    ...(showTrainable ? [column("Trainable", "center", bold)] : []),
  ].map((described, i) => ({ ...described, width: widths[i] ?? 1 }));

  const rows = layersInRange(model.layers, options.layerRange).flatMap((layer) => [
    ...rowsOf(layer, 0, { ...options, connections: hasConnections ? model.nodes : null }),
  ]);
  return [
    bold(`Model: "${model.name}"`),
    renderTable(columns, rows, lineLength, bold),
    ...totals(model).map(([label, { count, bytes }]) => {
      return `${bold(` ${label}: `)}${numbers(grouped(count))} (${memorySize(bytes)})`;
    }),
  ].join("\n");
}

function lengthOf(hasConnections: boolean, showTrainable: boolean, given: number | null | undefined): number {
  const room = platform.stdout.isTerminal ? (platform.stdout.columns ?? 80) - 4 : Number.POSITIVE_INFINITY;
  return given ?? Math.min((hasConnections ? 108 : 88) + (showTrainable ? 12 : 0), room);
}

function widthsOf(
  lineLength: number,
  hasConnections: boolean,
  showTrainable: boolean,
  given: readonly number[] | null | undefined,
): number[] {
  const ends = given ?? (hasConnections ? [0.3, 0.56, 0.74, 1] : [0.45, 0.8, 1]);
  const expected = hasConnections ? 4 : 3;
  if (ends.length !== expected)
    throw new ArgumentError(`The summary has ${expected} columns, but positions has ${ends.length} entries`);
  let start = 0;
  return [...(showTrainable ? [...ends.map((end) => end * 0.9), 1] : ends)].map((end) => {
    const width = Math.trunc(end * lineLength) - start;
    if (width < 4)
      throw new ArgumentError(`${lineLength} characters are not enough for a summary`, { hint: "raise lineLength" });
    start += width;
    return width;
  });
}

interface RowOptions extends SummaryTextOptions {
  readonly connections: readonly NodeStructure[] | null;
}

function* rowsOf(layer: LayerStructure, depth: number, options: RowOptions): Generator<string[]> {
  const prefix = depth === 0 ? "" : `${"   ".repeat(depth)}└ `;
  const row = [`${prefix}${layer.name} (${layer.className})`, shapeOf(layer), paramsOf(layer)];
  if (options.connections !== null) row.push(connectionsOf(layer, options.connections));
  if (options.showTrainable === true) row.push(layer.weights.length === 0 ? "-" : layer.trainable ? "Y" : "N");
  yield row;
  if (options.expandNested !== true || !("layers" in layer)) return;
  for (const inner of (layer as ModelStructure).layers) yield* rowsOf(inner, depth + 1, options);
}

const paramsOf = (layer: LayerStructure): string => (layer.built ? grouped(layer.countParams()) : "0 (unbuilt)");

function shapeOf(layer: LayerStructure): string {
  const shapes = layer.inboundNodes.at(-1)?.outputShapes ?? outputShapesOf(layer);
  const [first, ...others] = shapes.map(shapeText);
  if (first === undefined) return "?";
  return others.length === 0 ? first : `[${[first, ...others].join(", ")}]`;
}
function outputShapesOf({ outputShape }: LayerStructure): readonly PartialShape[] {
  if (outputShape === null) return [];
  const isList = Array.isArray(outputShape[0]);
  return (isList ? outputShape : [outputShape]) as readonly PartialShape[];
}
/** `(None, 64)`; `?` for a shape of unknown rank. */
export const shapeText = (shape: PartialShape): string =>
  shape === null ? "?" : `(${shape.map((size) => size ?? "None").join(", ")})`;

function connectionsOf(layer: LayerStructure, nodes: readonly NodeStructure[]): string {
  const inputs = layer.inboundNodes.filter((node) => nodes.includes(node)).flatMap(({ inbound }) => inbound);
  if (inputs.length === 0) return "-";
  return inputs.map((input) => `${input.layer.name}[${input.nodeIndex}][${input.tensorIndex}]`).join(", ");
}

/** Whether the calls follow one another without a branch, a meeting or a repetition. */
function isChain(nodes: readonly NodeStructure[]): boolean {
  const used = nodes.flatMap(({ inbound }) => inbound);
  const layers = new Set(used.map(({ layer }) => layer));
  return (
    nodes.filter(({ inbound }) => inbound.length === 0).length === 1 &&
    nodes.every(({ inbound }) => inbound.length <= 1) &&
    layers.size === used.length
  );
}

function layersInRange(
  layers: readonly LayerStructure[],
  range: SummaryOptions["layerRange"],
): readonly LayerStructure[] {
  if (range === null || range === undefined) return layers;
  const [from, to] = range.map((pattern) => {
    const expression = new RegExp(`^(?:${typeof pattern === "string" ? pattern : pattern.source})`);
    return layers.flatMap(({ name }, index) => (expression.test(name) ? [index] : []));
  });
  if (from === undefined || to === undefined || from.length === 0 || to.length === 0)
    throw new ArgumentError(`No layers of the model match the layerRange ${range.map(String).join(" to ")}`, {
      hint: `use names among ${layers.map(({ name }) => name).join(", ")}`,
    });
  const [first, last] = [Math.min(...from), Math.max(...to)];
  return first > last ? layers.slice(Math.min(...to), Math.max(...from) + 1) : layers.slice(first, last + 1);
}

// ---- counts ----

interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** Number of elements of weights, and what they take in memory. A weight listed twice counts once. */
export function amountOf(weights: Iterable<Variable>): Amount {
  let count = 0;
  let bytes = 0;
  for (const weight of new Set(weights)) {
    const elements = (weight.partialShape ?? []).reduce<number>((product, size) => product * (size ?? 0), 1);
    count += elements;
    bytes += elements * dtypeFacts[weight.dtype].bytes;
  }
  return { count, bytes };
}

function totals(model: SummarizedModel): (readonly [string, Amount])[] {
  const trainable = amountOf(model.trainableWeights);
  const others = amountOf(model.nonTrainableWeights);
  // Iterations and learning rate are there from the start; the slots come with the first update.
  const variables = model.optimizer?.variables() ?? [];
  const optimizer = variables.length > 2 ? amountOf(variables) : null;
  const parts = [trainable, others, ...(optimizer === null ? [] : [optimizer])];
  const sum = (key: keyof Amount): number => parts.reduce((total, part) => total + part[key], 0);
  return [
    ["Total params", { count: sum("count"), bytes: sum("bytes") }],
    ["Trainable params", trainable],
    ["Non-trainable params", others],
    ...(optimizer === null ? [] : [["Optimizer params", optimizer] as const]),
  ];
}

/** `198.79 KB` */
export function memorySize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${fixed(bytes / 1024 ** power, 2)} ${units[power]}`;
}
