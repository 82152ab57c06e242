/** @file Training runs against the histories that Keras itself wrote for them. */
import { test } from "node:test";
import { backend } from "../../../src/keras/index.js";
import { assertClose } from "../layers/support.js";
import { histories } from "./golden.js";
import { train, trainingCases } from "./models.js";

for (const trainingCase of trainingCases)
  test(trainingCase.name, async () => {
    backend.clearSession();
    const { history } = await train(trainingCase.make(), trainingCase);
    // A dozen float32 updates, each of which may round the other way; the goldens have six digits.
    for (const [name, values] of Object.entries(histories[trainingCase.name] ?? {}))
      assertClose(history[name] ?? [], values, 1e-4, name);
  });
