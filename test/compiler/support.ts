/** @file Support of the compiler's tests: the stages one after another on a small graph, and kernels in short. */
import { wasmTarget } from "../../src/backends/wasm/target.js";
import * as alike from "../../src/compiler/alike.js";
import { lowerBlock } from "../../src/compiler/block.js";
import {
  fuse,
  type Kernel,
  type Plan,
  planMemory,
  prune,
  type Schedule,
  schedule,
  specialize,
} from "../../src/compiler/index.js";
import { isFullyDefined, type NumericDType } from "../../src/core/index.js";
import * as tf from "../../src/index.js";
import type { Program, ValueId } from "../../src/ir/index.js";

export interface Stages {
  readonly program: Program;
  readonly kernels: readonly Kernel[];
  readonly schedule: Schedule;
  readonly plan: Plan;
}

export interface CompileRequest {
  readonly fetches?: readonly tf.Tensor[];
  readonly targets?: readonly (tf.Tensor | tf.Operation)[];
  /** Fed tensors, with their shapes where these are not static. */
  readonly feeds?: readonly (tf.Tensor | readonly [tf.Tensor, readonly number[]])[];
}

/** Compiles as a session does, with every variable initialized. */
export function compileGraph({ fetches = [], targets = [], feeds = [] }: CompileRequest): Stages {
  const fed = feeds.map((feed) =>
    feed instanceof tf.Tensor ? { tensor: feed, shape: concrete(feed) } : { tensor: feed[0], shape: feed[1] },
  );
  const operations = targets.map((target) => (target instanceof tf.Tensor ? target.op : target));
  const { order } = prune(fetches, operations, new Set(fed.map((f) => f.tensor)));
  const { program } = specialize({
    lowerBlock,
    order,
    fetches,
    feeds: fed,
    known: new Map(),
    variable: (name) => {
      const inputs = order.flatMap((op) => [op, ...op.inputs.map((input) => input.op)]);
      const variable = [...inputs, ...fetches.map((f) => f.op)].find((op) => op.name === name)?.output as tf.Tensor;
      return { dtype: variable.dtype as NumericDType, shape: concrete(variable) };
    },
    isInitialized: () => true,
  });
  return stagesOf(program);
}

export function stagesOf(program: Program): Stages {
  const kernels = fuse(program);
  const scheduled = schedule(program, kernels, wasmTarget, alike);
  return { program, kernels, schedule: scheduled, plan: planMemory(program, scheduled) };
}

function concrete({ partialShape, name }: tf.Tensor): readonly number[] {
  if (!isFullyDefined(partialShape)) throw new Error(`${name} needs a concrete shape`);
  return partialShape;
}

/** A kernel in a few words: its kind and extents, and the operations whose values it stores. */
export function inShort(program: Program, kernel: Kernel): string {
  const name = (id: ValueId): string => program.values[id]?.origin ?? "laid-out operand";
  const by = (extents: readonly number[]): string => extents.join("x");
  switch (kernel.kind) {
    case "contraction": {
      const { batch, m, n, k } = kernel;
      const size = [...(batch.length > 0 ? [by(batch)] : []), by(m), by(n), by(k)].join(" ");
      return `product ${size}: ${kernel.stores.map((s) => name(s.value)).join(", ")}`;
    }
    case "loops": {
      const phases = kernel.phases.map((phase) =>
        phase.kind === "map"
          ? phase.stores.map((s) => name(s.value)).join(", ")
          : phase.kind === "reduce"
            ? phase.op
            : `arg${phase.which}`,
      );
      return `loops ${by(kernel.outer)}: ${phases.join("; ")}`;
    }
    case "block":
      return kernel.block.kind;
    default:
      return `${kernel.kind}: ${name(kernel.value)}`;
  }
}

export const kernelsInShort = ({ program, kernels }: Stages): string[] => kernels.map((k) => inShort(program, k));
