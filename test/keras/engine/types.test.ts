/** @file What the compiler says about Keras models: results have the outputs' structure, misspelt options are errors. */
import { test } from "node:test";
import type { NdArray, Tensor } from "../../../src/index.js";
import { backend, input, layers as L, losses, Model, Sequential } from "../../../src/keras/index.js";
import { expectType } from "../../ops/expect-type.js";

test("types", () => {
  backend.clearSession();
  const x = input({ shape: [784] });
  expectType<Tensor<"float32", readonly [number | null, 784]>>()(x);
  const ids = input({ shape: [5], dtype: "int32" });
  expectType<"int32">()(ids.dtype);

  const hidden = new L.Dense(3).apply(x);
  const one = new Model({ inputs: x, outputs: hidden });
  const two = new Model({ inputs: x, outputs: [hidden, new L.Dense(1).apply(hidden)] });
  const named = new Model({ inputs: { x }, outputs: { hidden } });
  const never = (): void => {
    expectType<Promise<NdArray>>()(one.predict([[1]]));
    expectType<Promise<NdArray>>()(new Sequential().predict([[1]]));
    expectType<Promise<readonly NdArray[]>>()(two.predict([[1]]));
    expectType<Promise<{ readonly hidden: NdArray }>>()(named.predict([[1]]));
    expectType<Promise<number | number[]>>()(one.evaluate([[1]], [[1]]));
    expectType<Promise<Record<string, number>>>()(one.evaluate([[1]], [[1]], { returnDict: true }));

    // @ts-expect-error there is no activation of that name
    new L.Dense(1, { activation: "rellu" });
    // @ts-expect-error kernelInitialiser is spelled with z
    new L.Dense(1, { kernelInitialiser: "zeros" });
    // @ts-expect-error the padding is valid or same
    new L.Conv2D(1, 3, { padding: "full" });
    // @ts-expect-error there is no optimizer of that name
    one.compile({ optimizer: "sdg" });
    // @ts-expect-error there is no loss of that name
    one.compile({ loss: "mean_square_error" });
    one.compile({ loss: "crossentropy" });
    two.compile({ loss: ["ce", "mse"] });
    // @ts-expect-error only compile knows the outputs that tell which crossentropy
    losses.get("crossentropy");
    // @ts-expect-error metrics are a list
    one.compile({ metrics: "accuracy" });
    // @ts-expect-error there is no metric of that name
    one.compile({ metrics: ["acuracy"] });
    // @ts-expect-error nEpoch is TFLearn's
    one.fit([[1]], [[1]], { nEpoch: 2 });
    // @ts-expect-error batch_size is batchSize
    one.predict([[1]], { batch_size: 2 });
    // @ts-expect-error an addition takes a list
    new L.Add().apply(x);
    // @ts-expect-error a dense layer takes one tensor
    new L.Dense(1).apply([x, x]);
  };
  void never;
});
