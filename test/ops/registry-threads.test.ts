/**
 * @file Every operation of the registry on several threads of WebAssembly that share all they can: its values and
 * gradients have the same bits as on one thread, whose values `registry.test.ts` holds against the oracles.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { WasmDevice } from "../../src/backends/wasm/device.js";
import { GradientError, type NdArray, type NumericDType } from "../../src/core/index.js";
import { definitions, Graph, type OpDefinition, type Sample, type Tensor } from "../../src/graph/index.js";
import "../../src/index.js";
import { gradients } from "../../src/ops/gradients.js";
import { Executor } from "../../src/runtime/executor.js";
import { MeetingCount, sharingWasmDevice } from "../fuzz/sharing.js";
import { samplesOf } from "./references.js";
import { differentiable } from "./registry-gradients.js";
import { type BuiltSample, buildSample } from "./registry-runs.js";

const quiet = (): void => undefined;
const graph = new Graph();
const meetings = new MeetingCount();
const one = new WasmDevice(quiet);
const several = sharingWasmDevice(quiet, 3, meetings.startThread);
const executors = { one: new Executor(one), several: new Executor(several) };
// Workers do not keep a process alive, not even while a program waits for them.
const alive = setInterval(quiet, 1000);
after(() => {
  one.close();
  several.close();
  clearInterval(alive);
});

function gradientsOf({ operation, inputs }: BuiltSample, sample: Sample): Tensor[] {
  const wanted = differentiable(sample).map((i) => inputs[i] as Tensor);
  const outputs = operation.outputs.filter(({ dtype }) => dtype === "float32" || dtype === "float64");
  if (wanted.length === 0 || outputs.length === 0) return [];
  try {
    return gradients(outputs, wanted).filter((gradient) => gradient !== null);
  } catch (error) {
    // Not every operation has one.
    if (error instanceof GradientError) return [];
    throw error;
  }
}

async function checkThreads(definition: OpDefinition): Promise<void> {
  const samples = samplesOf(definition);
  const built = graph.asDefault(() =>
    samples.map((sample) => {
      const one = buildSample(graph, definition, sample, "shapes");
      return { ...one, outputs: [...one.operation.outputs, ...gradientsOf(one, sample)] };
    }),
  );
  const fetches = built.flatMap(({ outputs }) => outputs);
  const feeds = built.flatMap((sample) =>
    sample.feeds.map(([tensor, value]) => ({ tensor, value: value as NdArray<NumericDType> })),
  );
  const expected = await executors.one.run(fetches, [], feeds);
  const results = await executors.several.run(fetches, [], feeds);
  results.forEach((result, i) => {
    assert.deepEqual(result, expected[i], `${definition.name}: ${fetches[i]?.name} on 3 threads`);
  });
}

// What JavaScript computes has no threads.
for (const definition of definitions().values())
  if (definition.lower.kind === "compiled" && samplesOf(definition).length > 0)
    test(`${definition.name}: the same bits on 3 threads as on one`, () => checkThreads(definition));

test("the threads did meet", () => {
  assert.ok(meetings.total > 500, `${meetings.total} meetings`);
});
