/** @file Summaries, character for character as Keras 3.12 prints them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError } from "../../../src/core/index.js";
import type { Optimizer } from "../../../src/keras/contracts.js";
import { memorySize, printSummary, summaryText } from "../../../src/keras/terminal/index.js";
import { outputOf } from "./stand-ins.js";
import { dense, input, LayerStandIn, ModelLayers, perceptron, siamese, weightOf } from "./structures.js";

const same = (actual: string, expected: string): void => assert.equal(actual, expected.slice(1));

test("a sequential model", () => {
  same(
    summaryText(perceptron()),
    `
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ dense (Dense)                        │ (None, 64)                  │          50,240 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense_1 (Dense)                      │ (None, 10)                  │             650 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 50,890 (198.79 KB)
 Trainable params: 50,890 (198.79 KB)
 Non-trainable params: 0 (0.00 B)`,
  );
});

test("the optimizer's parameters count once it has its slots", () => {
  const slots = perceptron().weights.flatMap((weight) => [weight, weightOf(weight.partialShape ?? [])]);
  const variables = [weightOf([], "int32"), weightOf([]), ...slots];
  const compiled = Object.assign(perceptron(), { optimizer: { variables: () => variables } as unknown as Optimizer });
  assert.deepEqual(summaryText(compiled).split("\n").slice(-4), [
    " Total params: 152,672 (596.38 KB)",
    " Trainable params: 50,890 (198.79 KB)",
    " Non-trainable params: 0 (0.00 B)",
    " Optimizer params: 101,782 (397.59 KB)",
  ]);
  const unused = Object.assign(perceptron(), {
    optimizer: { variables: () => variables.slice(0, 2) } as unknown as Optimizer,
  });
  assert.equal(summaryText(unused), summaryText(perceptron()));
});

test("a functional model that branches shows its connections", () => {
  same(
    summaryText(siamese()),
    `
Model: "two"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                  ┃ Output Shape              ┃         Param # ┃ Connected to               ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ a (InputLayer)                │ (None, 8)                 │               0 │ -                          │
├───────────────────────────────┼───────────────────────────┼─────────────────┼────────────────────────────┤
│ b (InputLayer)                │ (None, 8)                 │               0 │ -                          │
├───────────────────────────────┼───────────────────────────┼─────────────────┼────────────────────────────┤
│ shared_with_a_very_long_name… │ (None, 4)                 │              36 │ a[0][0], b[0][0]           │
│ (Dense)                       │                           │                 │                            │
├───────────────────────────────┼───────────────────────────┼─────────────────┼────────────────────────────┤
│ join (Concatenate)            │ (None, 8)                 │               0 │ shared_with_a_very_long_n… │
│                               │                           │                 │ shared_with_a_very_long_n… │
├───────────────────────────────┼───────────────────────────┼─────────────────┼────────────────────────────┤
│ norm (BatchNormalization)     │ (None, 8)                 │              32 │ join[0][0]                 │
└───────────────────────────────┴───────────────────────────┴─────────────────┴────────────────────────────┘
 Total params: 68 (272.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 32 (128.00 B)`,
  );
});

test("a column says which layers are trained", () => {
  same(
    summaryText(siamese(), { showTrainable: true }),
    `
Model: "two"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)                  ┃ Output Shape              ┃          Param # ┃ Connected to              ┃ Trainable ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ a (InputLayer)                │ (None, 8)                 │                0 │ -                         │     -     │
├───────────────────────────────┼───────────────────────────┼──────────────────┼───────────────────────────┼───────────┤
│ b (InputLayer)                │ (None, 8)                 │                0 │ -                         │     -     │
├───────────────────────────────┼───────────────────────────┼──────────────────┼───────────────────────────┼───────────┤
│ shared_with_a_very_long_name… │ (None, 4)                 │               36 │ a[0][0], b[0][0]          │     Y     │
│ (Dense)                       │                           │                  │                           │           │
├───────────────────────────────┼───────────────────────────┼──────────────────┼───────────────────────────┼───────────┤
│ join (Concatenate)            │ (None, 8)                 │                0 │ shared_with_a_very_long_… │     -     │
│                               │                           │                  │ shared_with_a_very_long_… │           │
├───────────────────────────────┼───────────────────────────┼──────────────────┼───────────────────────────┼───────────┤
│ norm (BatchNormalization)     │ (None, 8)                 │               32 │ join[0][0]                │     N     │
└───────────────────────────────┴───────────────────────────┴──────────────────┴───────────────────────────┴───────────┘
 Total params: 68 (272.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 32 (128.00 B)`,
  );
});

test("a short line breaks and cuts cells", () => {
  same(
    summaryText(siamese(), { lineLength: 70 }),
    `
Model: "two"
┏━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)       ┃ Output Shape    ┃  Param # ┃ Connected to     ┃
┡━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━┩
│ a (InputLayer)     │ (None, 8)       │        0 │ -                │
├────────────────────┼─────────────────┼──────────┼──────────────────┤
│ b (InputLayer)     │ (None, 8)       │        0 │ -                │
├────────────────────┼─────────────────┼──────────┼──────────────────┤
│ shared_with_a_ver… │ (None, 4)       │       36 │ a[0][0], b[0][0] │
│ (Dense)            │                 │          │                  │
├────────────────────┼─────────────────┼──────────┼──────────────────┤
│ join (Concatenate) │ (None, 8)       │        0 │ shared_with_a_v… │
│                    │                 │          │ shared_with_a_v… │
├────────────────────┼─────────────────┼──────────┼──────────────────┤
│ norm               │ (None, 8)       │       32 │ join[0][0]       │
│ (BatchNormalizati… │                 │          │                  │
└────────────────────┴─────────────────┴──────────┴──────────────────┘
 Total params: 68 (272.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 32 (128.00 B)`,
  );
});

function outer(): ModelLayers {
  const x = input("inner_in", [null, 3]);
  const inner = new ModelLayers("inner", "functional", [x, dense("d", 3, 2).called([null, 2], [x])]).called([null, 2]);
  return new ModelLayers("outer", "sequential", [inner, dense("last", 2, 1).called([null, 1], [inner])]);
}

test("models inside a model are shown where asked for", () => {
  same(
    summaryText(outer(), { expandNested: true }),
    `
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ inner (Functional)                   │ (None, 2)                   │               8 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│    └ inner_in (InputLayer)           │ (None, 3)                   │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│    └ d (Dense)                       │ (None, 2)                   │               8 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ last (Dense)                         │ (None, 1)                   │               3 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 11 (44.00 B)
 Trainable params: 11 (44.00 B)
 Non-trainable params: 0 (0.00 B)`,
  );
  assert.ok(!summaryText(outer()).includes("└ "));
});

test("layers that are not built have no shape", () => {
  const layers = [new LayerStandIn("un", "Dense", { built: false }), new LayerStandIn("dr", "Dropout")];
  same(
    summaryText(new ModelLayers("unb", "sequential", layers)),
    `
Model: "unb"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ un (Dense)                           │ ?                           │     0 (unbuilt) │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dr (Dropout)                         │ ?                           │               0 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)`,
  );
});

test("a functional chain is shown as a list, with its input", () => {
  const x = input("x", [null, 3]);
  const text = summaryText(new ModelLayers("chain", "functional", [x, dense("d", 3, 2).called([null, 2], [x])]));
  assert.match(text, /│ x \(InputLayer\) /);
  assert.doesNotMatch(text, /Connected/);
});

test("a range of layers by name or pattern, in either order", () => {
  const shown = (range: readonly [string | RegExp, string | RegExp]): string[] =>
    [...summaryText(siamese(), { layerRange: range }).matchAll(/│ (\w+)…? *(?:\(\w+\))? +│ \(/g)].map(
      ([, name]) => name ?? "",
    );
  assert.deepEqual(
    shown(["b", /jo.n/]).map((name) => name.slice(0, 6)),
    ["b", "shared", "join"],
  );
  assert.deepEqual(shown(["norm", "join"]), ["join", "norm"]);
  assert.throws(
    () => shown(["x", "join"]),
    (error) => error instanceof ArgumentError && /use names among a, b/.test(error.message),
  );
});

test("too short a line is an error; colours do not change the text", () => {
  assert.throws(() => summaryText(perceptron(), { lineLength: 12 }), /not enough/);
  const colored = summaryText(siamese(), { color: true });
  assert.equal(
    colored.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g"), ""),
    summaryText(siamese()),
  );
  assert.ok(colored.includes("\u001b[38;5;34m36\u001b[0m"));
});

test("it goes to the standard output, or where it is told", async () => {
  const { out } = await outputOf(() => printSummary(perceptron(), { lineLength: 88 }));
  assert.match(out, /Model: "sequential"[\s\S]*\n$/);
  const received: string[] = [];
  printSummary(perceptron(), { printFn: (text) => received.push(text) });
  assert.deepEqual(received, [summaryText(perceptron())]);
});

test("sizes in memory", () => {
  assert.deepEqual([0, 1023, 1024, 203560, 5 * 2 ** 20].map(memorySize), [
    "0.00 B",
    "1023.00 B",
    "1.00 KB",
    "198.79 KB",
    "5.00 MB",
  ]);
});
