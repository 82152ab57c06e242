/** @file Pictures of models: Graphviz's text, and where the boxes and lines of the SVG lie. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { modelToDot, modelToSvg, plotModel } from "../../../src/keras/utils/index.js";
import { type Box, layOut } from "../../../src/keras/utils/layout.js";
import { dense, input, ModelLayers, perceptron, siamese } from "./structures.js";

const directory = mkdtempSync(join(tmpdir(), "strata-plot-"));
after(() => rmSync(directory, { recursive: true, force: true }));

test("a sequential model in Graphviz's language", () => {
  assert.equal(
    modelToDot(perceptron(), { showShapes: true }),
    `digraph "sequential" {
  rankdir=TB;
  node [shape=record];
  layer_0 [label="{dense: Dense|input: (None, 784)|output: (None, 64)}"];
  layer_1 [label="{dense_1: Dense|input: (None, 64)|output: (None, 10)}"];
  layer_0 -> layer_1;
}
`,
  );
});

test("a functional model has a line for each layer that feeds another, names with marks are escaped", () => {
  const dot = modelToDot(siamese(), { rankdir: "LR" });
  assert.deepEqual(dot.match(/layer_\d -> layer_\d/g), [
    "layer_0 -> layer_2",
    "layer_1 -> layer_2",
    "layer_2 -> layer_3",
    "layer_3 -> layer_4",
  ]);
  assert.match(dot, /rankdir=LR/);
  const x = input("a|b<c>", [null, 1]);
  const odd = new ModelLayers('o"dd', "functional", [x, dense("d", 1, 1).called([null, 1], [x])]);
  assert.match(modelToDot(odd), /digraph "o\\"dd"[\s\S]*a\\\|b\\<c\\>: InputLayer/);
  assert.match(modelToSvg(odd), /a\|b&lt;c&gt;: InputLayer/);
});

test("every layer and shape is in the SVG", () => {
  const svg = modelToSvg(siamese(), { showShapes: true, showDtype: true });
  for (const text of ["join: Concatenate", "input: [(None, 4), (None, 4)]", "dtype: float32"])
    assert.ok(svg.includes(text), text);
  assert.equal(svg.match(/<g><rect/g)?.length, 5);
  assert.equal(svg.match(/class="line"/g)?.length, 4);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

const box = (...inputs: number[]): Box => ({ width: 100, height: 30, inputs });

test("boxes do not overlap, lines lead down, and lines past a row go around its boxes", () => {
  // A stem, four branches, a meeting, and a line from the stem past it all.
  const boxes = [box(), box(0), box(0), box(0), box(0), box(1, 2, 3, 4), box(5, 0)];
  const { places, lines, width, height } = layOut(boxes);
  places.forEach((a, i) => {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + 100 <= width && a.y + 30 <= height, `box ${i} is outside`);
    places.forEach((b, j) => {
      if (i !== j) assert.ok(Math.abs(a.x - b.x) >= 100 || Math.abs(a.y - b.y) >= 30, `boxes ${i} and ${j} overlap`);
    });
  });
  assert.equal(lines.length, 10);
  for (const { from, to, points } of lines) {
    points.forEach((point, i) => {
      assert.ok(i === 0 || point.y >= (points[i - 1]?.y ?? 0), "a line leads up");
    });
    places.forEach((place, i) => {
      if (i === from || i === to) return;
      for (const { x, y } of points) {
        const isInside = x > place.x && x < place.x + 100 && y >= place.y && y <= place.y + 30;
        assert.ok(!isInside, `the line ${from} to ${to} crosses box ${i}`);
      }
    });
  }
});

test("parallel chains do not cross", () => {
  const { places } = layOut([box(), box(), box(1), box(0)]);
  const x = (i: number): number => places[i]?.x ?? Number.NaN;
  assert.equal(x(0) < x(1), x(3) < x(2));
});

test("files by their endings", async () => {
  for (const [name, start] of [
    ["m.svg", "<svg "],
    ["m.dot", "digraph "],
  ] as const) {
    await plotModel(perceptron(), { toFile: join(directory, name) });
    assert.ok(readFileSync(join(directory, name), "utf8").startsWith(start));
  }
  await assert.rejects(plotModel(perceptron(), { toFile: "m.png" }), /\.svg and \.dot/);
  assert.ok(modelToSvg(new ModelLayers("empty", "sequential", [])).startsWith("<svg "));
});
