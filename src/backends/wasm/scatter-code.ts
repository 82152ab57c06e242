/** @file Code for scatters. Loaded for programs that have one. */
import type { ScheduledKernel, ScheduledLoops } from "../../compiler/index.js";
import type { NumericDType } from "../../core/index.js";
import type { Program } from "../../ir/index.js";
import { ExpressionCode, type ExpressionContext } from "./expression-code.js";
import { emitLoops } from "./loop-code.js";
import { byteShift, scalarBinary, scalarLoads, scalarStores } from "./scalar-code.js";

export function emitScatter(
  { value, definition }: Extract<ScheduledKernel, { kind: "scatter" }>,
  program: Program,
  context: ExpressionContext,
): void {
  const { f, e } = context;
  const { shape, dtype } = program.values[value] as { shape: readonly number[]; dtype: NumericDType };
  const position = shape.reduce(
    (flat, extent, axis) => e.add(e.mul(flat, e.index(extent)), e.axis(axis, extent)),
    e.index(0),
  );
  const base: ScheduledLoops = {
    kind: "loops",
    outer: shape,
    vector: "outer",
    phases: [{ kind: "map", extents: [], stores: [{ value, indices: [position], expression: definition.base }] }],
  };
  emitLoops(base, context);
  if (definition.extents.includes(0)) return;
  const code = new ExpressionCode(context);
  const [at, inside] = definition.indices as readonly [typeof position, typeof position];
  const loop = (axis: number): void => {
    if (axis < definition.extents.length) {
      const range = { begin: 0, end: definition.extents[axis] as number, step: 1 };
      code.loop(axis, range, { roots: [], inner: new Set(), pinned: false }, () => loop(axis + 1));
      return;
    }
    code.expect([]);
    code.scalar(inside);
    f.if(() => {
      const address = f.local("i32");
      f.get(context.base(value));
      code.scalar(at);
      f.i32(byteShift[dtype]);
      f.op("i32.shl");
      f.op("i32.add");
      f.tee(address);
      if (definition.combine === "add") {
        f.get(address);
        f.load(scalarLoads[dtype]);
      }
      code.scalar(definition.update);
      if (definition.combine === "add") scalarBinary(f, context.library, "add", dtype);
      f.store(scalarStores[dtype]);
      f.freeLocal(address);
    });
  };
  loop(0);
}
