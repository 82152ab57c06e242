/**
 * @file Models as pictures: in Graphviz's language, or as SVG with a layout of its own. Follows
 * `model_visualization.py` of Keras. Imports the contracts, `core` and `platform`.
 */
import { platform } from "#platform";
import { ArgumentError, describe, UnimplementedError } from "../../core/index.js";
import { requireAmong } from "../arguments.js";
import type { LayerStructure, ModelStructure, NodeStructure } from "../contracts.js";
import { shapeText } from "../terminal/index.js";
import { type Box, layOut, type Point } from "./layout.js";

/** What a drawing of a model shows. */
export interface PlotOptions {
  /** Shows the shapes of inputs and outputs. Default false. */
  readonly showShapes?: boolean;
  /** Shows the layers' element types. Default false. */
  readonly showDtype?: boolean;
  /** Shows the layers' names beside their classes. Default true. */
  readonly showLayerNames?: boolean;
  /** `"TB"` from top to bottom, `"LR"` from left to right (DOT alone). Default `"TB"`. */
  readonly rankdir?: "TB" | "LR";
}

interface DrawnLayer {
  readonly id: string;
  readonly title: string;
  /** Lines below the title. */
  readonly facts: readonly string[];
  readonly inputs: readonly number[];
}

function drawnLayers(model: ModelStructure, options: PlotOptions): DrawnLayer[] {
  requireAmong(["showShapes", "showDtype", "showLayerNames", "rankdir", "toFile"], options, "plotModel()");
  const { showShapes = false, showDtype = false, showLayerNames = true } = options;
  const { layers } = model;
  return layers.map((layer, i) => {
    const calls = callsOf(layer, model);
    const facts = showDtype ? [`dtype: ${layer.dtype}`] : [];
    const [call] = calls;
    if (showShapes) {
      facts.push(
        `input: ${call === undefined ? "?" : shapesText(call.inputShapes.length > 0 ? call.inputShapes : call.outputShapes)}`,
      );
      facts.push(`output: ${call === undefined ? "?" : shapesText(call.outputShapes)}`);
    }
    return {
      id: `layer_${i}`,
      title: showLayerNames ? `${layer.name}: ${layer.className}` : layer.className,
      facts,
      inputs: model.kind === "functional" ? sources(calls, layers, i) : i === 0 ? [] : [i - 1],
    };
  });
}
const callsOf = (layer: LayerStructure, model: ModelStructure): readonly NodeStructure[] =>
  model.kind === "functional" ? layer.inboundNodes.filter((node) => model.nodes.includes(node)) : layer.inboundNodes;
const shapesText = (shapes: NodeStructure["outputShapes"]): string =>
  shapes.length === 1 ? shapes.map(shapeText).join("") : `[${shapes.map(shapeText).join(", ")}]`;
/** Layers come in topological order, so a line back could only be a layer's second call. */
const sources = (calls: readonly NodeStructure[], layers: readonly LayerStructure[], to: number): number[] => [
  ...new Set(
    calls.flatMap(({ inbound }) => inbound.map(({ layer }) => layers.indexOf(layer)).filter((i) => i >= 0 && i !== to)),
  ),
];

/** The model in Graphviz's language. `keras.utils.model_to_dot`. */
export function modelToDot(model: ModelStructure, options: PlotOptions = {}): string {
  const { rankdir = "TB" } = options;
  if (rankdir !== "TB" && rankdir !== "LR")
    throw new ArgumentError(`rankdir must be "TB" or "LR", not ${describe(rankdir)}`, {
      hint: "TB draws from top to bottom, LR from left to right",
    });
  const layers = drawnLayers(model, options);
  const escaped = (text: string): string => text.replace(/[{}|<>"\\]/g, "\\$&");
  const lines = layers.map(({ id, title, facts }) => {
    const label = [title, ...facts].map(escaped).join("|");
    return `  ${id} [label="${facts.length === 0 ? label : `{${label}}`}"];`;
  });
  const edges = layers.flatMap(({ id, inputs }) => inputs.map((input) => `  ${layers[input]?.id} -> ${id};`));
  return [
    `digraph "${model.name.replace(/["\\]/g, "\\$&")}" {`,
    `  rankdir=${rankdir};`,
    "  node [shape=record];",
    ...lines,
    ...edges,
    "}",
    "",
  ].join("\n");
}

const FONT_SIZE = 14;
/** Letters of the font are at most so wide, as a part of its size. */
const LETTER = 0.6;
const LINE = 22;
const PADDING = 12;
const MARGIN = 16;

/** The model as an SVG picture, from top to bottom. */
export function modelToSvg(model: ModelStructure, options: PlotOptions = {}): string {
  const layers = drawnLayers(model, options);
  const boxes: Box[] = layers.map(({ title, facts, inputs }) => ({
    width: Math.max(...[title, ...facts].map((text) => text.length)) * FONT_SIZE * LETTER + 2 * PADDING,
    height: LINE * (1 + facts.length) + 10,
    inputs: inputs.filter((input) => input >= 0),
  }));
  const { width, height, places, lines } = layOut(orderedBoxes(boxes));
  const drawnLines = lines.map(({ points }) => `  <path class="line" d="${curve(points)}" marker-end="url(#arrow)"/>`);
  const drawnBoxes = layers.map(({ title, facts }, i) => {
    const box = boxes[i] as Box;
    const { x, y } = places[i] as Point;
    const text = (line: string, row: number): string =>
      `<text x="${rounded(x + box.width / 2)}" y="${rounded(y + 5 + LINE * (row + 0.5))}"${row === 0 ? ' class="title"' : ""}>${escapeXml(line)}</text>`;
    const frame = `<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(box.width)}" height="${box.height}" rx="6"/>`;
    return `  <g>${frame}${[title, ...facts].map(text).join("")}</g>`;
  });
  const [w, h] = [Math.ceil(width + 2 * MARGIN), Math.ceil(height + 2 * MARGIN)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}">
  <title>${escapeXml(model.name)}</title>
  <defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 1L9 5L0 9z" fill="#555"/></marker></defs>
  <style>rect{fill:#f6f8fb;stroke:#5b7aa8} .line{fill:none;stroke:#555} text{font:${FONT_SIZE}px monospace;fill:#444;text-anchor:middle;dominant-baseline:central} .title{fill:#000;font-weight:bold}</style>
  <rect x="${-MARGIN}" y="${-MARGIN}" width="${w}" height="${h}" style="fill:#fff;stroke:none"/>
${[...drawnLines, ...drawnBoxes].join("\n")}
</svg>
`;
}

/** Only lines from a box before; what comes from a later one has no place in rows. */
const orderedBoxes = (boxes: readonly Box[]): Box[] =>
  boxes.map((box, i) => ({ ...box, inputs: box.inputs.filter((input) => input < i) }));

const rounded = (value: number): number => Math.round(value * 10) / 10;
const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Goes straight down through rows and bends between them. */
function curve(points: readonly Point[]): string {
  return points
    .map(({ x, y }, i) => {
      const previous = points[i - 1];
      if (previous === undefined) return `M${rounded(x)} ${rounded(y)}`;
      if (previous.x === x) return `V${rounded(y)}`;
      const middle = rounded((previous.y + y) / 2);
      return `C${rounded(previous.x)} ${middle} ${rounded(x)} ${middle} ${rounded(x)} ${rounded(y)}`;
    })
    .join("");
}

/** Options of {@link plotModel}. */
export interface PlotModelOptions extends PlotOptions {
  /** `.svg` or `.dot`. Default `"model.svg"`. */
  readonly toFile?: string;
}

/**
 * Draws a model into a file. `keras.utils.plot_model`.
 * @throws ArgumentError for another ending; UnimplementedError in browsers
 */
export async function plotModel(model: ModelStructure, options: PlotModelOptions = {}): Promise<void> {
  const { toFile = "model.svg" } = options;
  const isDot = /\.(dot|gv)$/i.test(toFile);
  if (!isDot && !/\.svg$/i.test(toFile))
    throw new ArgumentError(`plotModel writes .svg and .dot files, not "${toFile}"`, {
      hint: "write the .dot file, and let Graphviz turn it into any other format",
    });
  if (platform.files === undefined)
    throw new UnimplementedError("plotModel writes a file, and there are none in a browser", {
      hint: "use modelToSvg()",
    });
  const text = isDot ? modelToDot(model, options) : modelToSvg(model, options);
  await platform.files.writeAtomic(toFile, new TextEncoder().encode(text));
}
