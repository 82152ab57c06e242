/**
 * @file The native backend: every operation's samples, gathered into a few programs and compiled at once,
 * against the interpreter; and training that starts on WebAssembly and goes on in machine code. Skipped
 * where there is no C compiler or no koffi.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import * as tf from "tensorstrata";
import type { Device } from "../../../src/backends/backend.js";
import { openDevice } from "../../../src/backends/index.js";
import { definitions, Graph } from "../../../src/graph/index.js";
import { platform } from "../../../src/platform/node.js";
import { samplesOf } from "../../ops/references.js";

const toolchain = platform.toolchain();
const skip = "missing" in toolchain && toolchain.missing;
/** Samples per program: enough to keep the compiler's start-up rare, few enough to name the culprit. */
const perProgram = 60;
/** float32 sums of up to a few hundred terms in another order, and functions accurate to 4 ulp. */
const tolerance = 2e-5;

describe("native", { skip }, () => {
  const before = process.env.STRATA_COMPILE_AFTER;
  process.env.STRATA_COMPILE_AFTER = "0";
  after(() => {
    if (before === undefined) delete process.env.STRATA_COMPILE_AFTER;
    else process.env.STRATA_COMPILE_AFTER = before;
  });

  const samples = [...definitions().values()]
    .filter(({ lower, stateful }) => lower.kind === "compiled" && stateful !== true)
    .flatMap((definition) => samplesOf(definition).map((sample, i) => ({ definition, sample, i })));

  for (let first = 0; first < samples.length; first += perProgram)
    test(`samples ${first} to ${Math.min(first + perProgram, samples.length) - 1} of the operations`, async () => {
      const graph = new Graph();
      const feeds: [tf.Tensor, tf.NdArray][] = [];
      const built = graph.asDefault(() =>
        samples.slice(first, first + perProgram).map(({ definition, sample, i }) => {
          const inputs = sample.inputs.map((value) => {
            const input = tf.placeholder(value.dtype, value.shape);
            feeds.push([input as tf.Tensor, value]);
            return input as tf.Tensor;
          });
          const op = graph.createOperation(definition, inputs, sample.attributes ?? {});
          return { label: `${definition.name}[${i}]`, op };
        }),
      );
      const fetches = built.flatMap(({ op }) => [...op.outputs]);
      const labels = built.flatMap(({ label, op }) => op.outputs.map((_, k) => `${label} output ${k}`));
      const run = async (device: "native" | "interpreter"): Promise<tf.NdArray[]> => {
        using session = new tf.Session({ graph, device });
        const results = await session.run(fetches, feeds);
        return (results as unknown[]).map((r) => (r instanceof tf.NdArray ? r : tf.NdArray.from(r as number)));
      };
      const [native, reference] = [await run("native"), await run("interpreter")];
      native.forEach((value, k) => {
        const wanted = reference[k] as tf.NdArray;
        const scale = Math.max(
          1,
          ...Array.from(wanted.data as Float64Array, (x) => (Number.isFinite(x) ? Math.abs(x) : 0)),
        );
        for (let at = 0; at < wanted.size; at++) {
          const [got, want] = [Number(value.data[at]), Number(wanted.data[at])];
          const close = Object.is(got, want) || got === want || Math.abs(got - want) <= tolerance * scale;
          assert.ok(close, `${labels[k]} at ${at}: ${got}, expected ${want}`);
        }
      });
    });

  test("training goes on in machine code where WebAssembly left off", async () => {
    const trace = async (device: "native" | "wasm", compileAfter: string): Promise<number[]> => {
      process.env.STRATA_COMPILE_AFTER = compileAfter;
      return new tf.Graph().asDefault(async (graph) => {
        const x = tf.placeholder("float32", [null, 20]);
        const y = tf.placeholder("float32", [null, 3]);
        const W = new tf.Variable(tf.truncatedNormal([20, 37], { stddev: 0.2, seed: 1 }));
        const V = new tf.Variable(tf.truncatedNormal([37, 3], { stddev: 0.2, seed: 2 }));
        const hidden = tf.tanh(tf.add(tf.matmul(x, W), new tf.Variable(tf.zeros([37]))));
        const logits = tf.add(tf.matmul(hidden, V), new tf.Variable(tf.zeros([3])));
        const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels: y }));
        const train = new tf.train.AdamOptimizer(0.01).minimize(loss);
        using session = new tf.Session({ graph, device });
        const initializer = tf.globalVariablesInitializer();
        await session.run(initializer);
        const feeds = [
          [
            x,
            new tf.NdArray(
              "float32",
              [19, 20],
              Float32Array.from({ length: 380 }, (_, i) => Math.sin(i)),
            ),
          ],
          [
            y,
            new tf.NdArray(
              "float32",
              [19, 3],
              Float32Array.from({ length: 57 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3)),
            ),
          ],
        ] as const;
        const losses: number[] = [];
        for (let step = 0; step < 40; step++) losses.push(Number((await session.run([loss, train], feeds))[0]));
        return losses;
      });
    };
    const wasm = await trace("wasm", "0");
    for (const compileAfter of ["0", "200000"]) {
      const native = await trace("native", compileAfter);
      native.forEach((loss, step) => {
        const wanted = wasm[step] as number;
        assert.ok(
          Math.abs(loss - wanted) <= 1e-5 * wanted,
          `step ${step} after ${compileAfter}: ${loss}, expected ${wanted}`,
        );
      });
      assert.deepEqual(await trace("native", compileAfter), native, "the same bits again");
    }
  });

  test("a compiler that fails is reported once, and WebAssembly goes on", async () => {
    const warnings: string[] = [];
    const fail = () => Promise.reject(new Error("no such instruction"));
    const broken = {
      compiler: "broken",
      compileAfter: 0,
      vectorUnit: () => Promise.resolve({ lanes: 8, registers: 16 }),
      load: fail,
      team: fail,
    };
    const device: Device = openDevice("native", {
      debug: () => undefined,
      warn: (message) => warnings.push(message),
      threads: 1,
      toolchain: broken,
    });
    const { specialize, prune } = await import("../../../src/compiler/index.js");
    const graph = new Graph();
    const sum = graph.asDefault(() => tf.add(tf.placeholder("float32", [2]), [1, 2])) as tf.Tensor;
    const x = sum.op.inputs[0] as tf.Tensor;
    for (let again = 0; again < 2; again++) {
      const { program } = specialize({
        lowerBlock: undefined,
        order: prune([sum], [], new Set([x])).order,
        fetches: [sum],
        feeds: [{ tensor: x, shape: [2] }],
        known: new Map(),
        variable: () => assert.fail("no variables"),
        isInitialized: () => false,
      });
      const executable = await device.compile(program);
      await executable.prepare?.();
      assert.deepEqual(executable.run([tf.NdArray.from([1, 1], "float32")])[0]?.toArray(), [2, 3]);
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /falls back to WebAssembly: no such instruction/);
    device.close();
  });
});
