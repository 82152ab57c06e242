/**
 * @file Mathematical functions for compiled kernels: four float32 lanes, one float32, or one float64 at a time.
 * Imports the assembler and the scalar tables. Vector functions stay within 2 ulp of the exact value and treat NaN, ±Inf, ±0 and
 * subnormal numbers as C does; a scalar float32 result has the same bits as the same lane of a vector.
 */
import { erf } from "../../ir/index.js";
import type { FunctionBuilder, FunctionRef, ModuleBuilder, ValType } from "./assembler/index.js";
import { type Parts, requirePart } from "./parts.js";
import {
  type CommonFunction,
  commonVectors,
  Lanes,
  moderateAngle,
  type RareFunction,
  rareFunctions,
  type Vector,
} from "./vector-math.js";

/** Functions of one operand that go through float64, lane by lane. */
type ImportedFunction = "tan" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "asinh" | "acosh" | "atanh";
export type MathFunction = CommonFunction | RareFunction | ImportedFunction;

export interface MathOptions {
  /** Whether the engine has fused multiply-add; see `detectFeatures`. */
  readonly relaxedSimd: boolean;
}

/** The module name under which {@link mathImports} must be given to the engine. */
const IMPORT_MODULE = "math";

/** The float64 functions that modules with a {@link MathLibrary} import, as `{ math: mathImports }`. */
export const mathImports: Readonly<Record<MathFunction, (x: number, y: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  // IEEE 754 and C say 1 where JavaScript says NaN: 1 to any power, and -1 to an infinite one.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y),
};

/** Adds to a module those mathematical functions that its kernels ask for, each once. */
export class MathLibrary {
  readonly #module: ModuleBuilder;
  readonly #options: MathOptions;
  readonly #parts: Pick<Parts, "vectors">;
  readonly #defined = new Map<string, FunctionRef>();

  /** Whether fused multiply-add is used. */
  get fused(): boolean {
    return this.#options.relaxedSimd;
  }

  /** `parts`: with `vectors`, where rare functions are asked for on float32. */
  constructor(module: ModuleBuilder, options: MathOptions, parts: Pick<Parts, "vectors">) {
    this.#module = module;
    this.#parts = parts;
    this.#options = options;
  }

  /** The function on four float32 lanes: v128 → v128, or (v128, v128) → v128 for `pow`. */
  vector(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f32x4`, (label) => {
      const params = operands(name, "v128");
      return this.#module.defineFunction(label, params, ["v128"], (f) => {
        const lanes = new Lanes(f, this.fused);
        const [x, y] = [0, 1].map((i) => (g: FunctionBuilder) => g.get(g.param(i))) as [Vector, Vector];
        if (isCommon(name)) commonVectors[name](lanes, x)(f);
        else if (isRare(name)) {
          requirePart(this.#parts, "vectors").rareVectors[name](lanes, x, y)(f);
          if (name === "sin" || name === "cos") this.#unlessModerate(f, name);
        } else throughFloat64(f, this.double(name));
      });
    });
  }

  /** The function on one float32: f32 → f32, or (f32, f32) → f32 for `pow`. Same bits as {@link vector}. */
  scalar(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f32`, (label) => {
      const vector = this.vector(name);
      return this.#module.defineFunction(label, operands(name, "f32"), ["f32"], (f) => {
        for (let i = 0; i < vector.params.length; i++) {
          f.get(f.param(i));
          f.op("f32x4.splat");
        }
        f.call(vector);
        f.lane("f32x4.extract_lane", 0);
      });
    });
  }

  /** The function on one float64: f64 → f64, or (f64, f64) → f64 for `pow`. Imported from {@link mathImports}. */
  double(name: MathFunction): FunctionRef {
    return this.#once(`${name}.f64`, () =>
      this.#module.importFunction(IMPORT_MODULE, name, operands(name, "f64"), ["f64"]),
    );
  }

  /** Replaces those lanes of the result on the stack whose angle is not moderate by what float64 gives. */
  #unlessModerate(f: FunctionBuilder, name: "sin" | "cos"): void {
    const [result, moderate] = [f.local("v128"), f.local("v128")];
    f.set(result);
    f.get(f.param(0));
    f.op("f32x4.abs");
    f.f32x4Splat(moderateAngle);
    f.op("f32x4.le");
    f.tee(moderate);
    f.op("i32x4.all_true");
    f.op("i32.eqz");
    f.if(() => {
      f.get(result);
      throughFloat64(f, this.double(name));
      f.get(moderate);
      f.op("v128.bitselect");
      f.set(result);
    });
    f.get(result);
  }

  #once(label: string, define: (label: string) => FunctionRef): FunctionRef {
    const ref = this.#defined.get(label) ?? define(label);
    this.#defined.set(label, ref);
    return ref;
  }
}

const operands = (name: MathFunction, type: ValType): ValType[] => (name === "pow" ? [type, type] : [type]);
const isCommon = (name: MathFunction): name is CommonFunction => Object.hasOwn(commonVectors, name);
const isRare = (name: MathFunction): name is RareFunction => rareFunctions.some((rare) => rare === name);

/** Widens each lane to float64, calls `double`, and rounds the result back into the lane. */
function throughFloat64(f: FunctionBuilder, double: FunctionRef): void {
  const result = f.local("v128");
  for (let lane = 0; lane < 4; lane++) {
    f.get(result);
    f.get(f.param(0));
    f.lane("f32x4.extract_lane", lane);
    f.op("f64.promote_f32");
    f.call(double);
    f.op("f32.demote_f64");
    f.lane("f32x4.replace_lane", lane);
    f.set(result);
  }
  f.get(result);
}
