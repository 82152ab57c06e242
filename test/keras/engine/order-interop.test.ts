/**
 * @file The order of layers and weights against Keras itself, in graphs drawn at random: with branches, layers that
 * are called several times, models within, operations between layers and inputs that nothing depends on. Weights go
 * from one program to the other by their places. Skipped where there is no Python with TensorFlow.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Random } from "../../../src/core/random.js";
import type { Tensor } from "../../../src/index.js";
import type { AnyLayer } from "../../../src/keras/engine/layer.js";
import { backend, input, layers, Model, Sequential } from "../../../src/keras/index.js";
import { inTemporaryDirectory } from "../../platform/support.js";

const interop = new URL("../../../../interop/", import.meta.url);
const { findPython }: { findPython: () => { python: string } | { missing: string } } = await import(
  new URL("find-python.mjs", interop).href
);
const found = findPython();

const width = 4;
type Kind = "dense" | "normalization" | "add" | "model";
/** Tensors are numbered: the inputs first, then the results of the calls. */
interface DrawnGraph {
  readonly inputs: number;
  readonly layers: readonly Kind[];
  /** Without a layer: an operation. */
  readonly calls: readonly { readonly layer: number | null; readonly of: readonly number[] }[];
  readonly outputs: readonly number[];
  readonly frozen: readonly number[];
}
interface Order {
  readonly layers: readonly string[];
  readonly weights: readonly string[];
  readonly trainable: readonly string[];
  readonly nonTrainable: readonly string[];
}

function draw(seed: number): DrawnGraph {
  const random = new Random(seed);
  const inputs = 1 + random.integer(3);
  const kinds: Kind[] = [];
  const calls: DrawnGraph["calls"][number][] = [];
  const distinct = (bound: number, most: number): number[] =>
    Array.from(random.permutation(bound)).slice(0, 1 + random.integer(Math.min(most, bound)));
  for (let count = 3 + random.integer(7); calls.length < count; ) {
    const tensors = inputs + calls.length;
    const one = [random.integer(tensors)];
    const choice = (["dense", "dense", "normalization", "add", "model", "again", "operation"] as const)[
      random.integer(7)
    ] as Kind | "again" | "operation";
    const repeatable = kinds.flatMap((kind, i) => (kind === "add" ? [] : [i]));
    if (choice === "operation") calls.push({ layer: null, of: one });
    else if (choice === "again") {
      if (repeatable.length > 0)
        calls.push({ layer: repeatable[random.integer(repeatable.length)] as number, of: one });
    } else if (choice !== "add" || tensors > 1) {
      const of = choice === "add" ? distinct(tensors - 1, 2).concat(tensors - 1) : one;
      calls.push({ layer: kinds.push(choice) - 1, of });
    }
  }
  return {
    inputs,
    layers: kinds,
    calls,
    outputs: distinct(calls.length, 3).map((i) => inputs + i),
    frozen: kinds.flatMap((_, i) => (random.integer(5) === 0 ? [i] : [])),
  };
}

function layerOf(kind: Kind, name: string): AnyLayer {
  const dense = (own: string) => new layers.Dense(width, { name: own });
  const normalization = (own: string) => new layers.BatchNormalization({ name: own });
  const made = {
    dense: () => dense(name),
    normalization: () => normalization(name),
    add: () => new layers.Add({ name }),
    model: () => new Sequential([input({ shape: [width] }), dense(`${name}a`), normalization(`${name}b`)], { name }),
  }[kind]();
  return made as unknown as AnyLayer;
}

function orderOf(graph: DrawnGraph): Order {
  backend.clearSession();
  const inputs = Array.from({ length: graph.inputs }, (_, i) => input({ shape: [width], name: `in${i}` }) as Tensor);
  const tensors = [...inputs];
  const made = graph.layers.map((kind, i) => layerOf(kind, `l${i}`));
  for (const { layer, of } of graph.calls) {
    const given = of.map((i) => tensors[i] as Tensor);
    const [first] = given as [Tensor];
    if (layer === null) tensors.push(first.mul(2) as Tensor);
    else tensors.push((made[layer] as AnyLayer).apply(graph.layers[layer] === "add" ? given : first) as Tensor);
  }
  const model = new Model({ inputs, outputs: graph.outputs.map((i) => tensors[i] as Tensor) });
  for (const i of graph.frozen) (made[i] as AnyLayer).trainable = false;
  const names = (weights: readonly { readonly op: { readonly name: string } }[]): string[] =>
    weights.map(({ op }) => op.name.split("/").slice(-2).join("/"));
  return {
    layers: model.layers.map(({ name }) => name),
    weights: names(model.weights),
    trainable: names(model.trainableWeights),
    nonTrainable: names(model.nonTrainableWeights),
  };
}

test("layers and weights come in Keras's order", { skip: "missing" in found && found.missing }, async () => {
  const graphs = Array.from({ length: 60 }, (_, seed) => draw(seed));
  await inTemporaryDirectory(async (directory) => {
    assert.ok("python" in found);
    const path = join(directory, "graphs.json");
    writeFileSync(path, JSON.stringify(graphs));
    const script = fileURLToPath(new URL("keras-order.py", interop));
    const text = execFileSync(found.python, [script, path], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const expected = JSON.parse(text) as Order[];
    graphs.forEach((graph, i) => {
      assert.deepEqual(orderOf(graph), expected[i], JSON.stringify(graph));
    });
  });
});

test("operations between layers and inputs without use have their places in Keras's order", () => {
  const alone = orderOf({ inputs: 2, layers: ["dense"], calls: [{ layer: 0, of: [0] }], outputs: [2], frozen: [] });
  assert.deepEqual(alone.layers, ["in0", "in1", "l0"]);
  // in0 → l0 → ×2 → l1 is a longer way to l4 than in0 → l2 → l3: an operation counts as much as a layer.
  const between = orderOf({
    inputs: 1,
    layers: ["dense", "dense", "dense", "dense", "add"],
    calls: [
      { layer: 0, of: [0] },
      { layer: null, of: [1] },
      { layer: 1, of: [2] },
      { layer: 2, of: [0] },
      { layer: 3, of: [4] },
      { layer: 4, of: [5, 3] },
    ],
    outputs: [6],
    frozen: [],
  });
  assert.deepEqual(between.layers, ["in0", "l0", "l2", "l3", "l1", "l4"]);
});
