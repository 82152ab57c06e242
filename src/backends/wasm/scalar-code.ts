/**
 * @file Code for scalar primitives, one element at a time: total tables from primitive and dtype to
 * instructions. Bool is an i32 of 0 or 1, uint8 an i32 of 0 to 255.
 */
import type { NumericDType } from "../../core/index.js";
import type { BinaryOp, UnaryOp } from "../../ir/index.js";
import type { FunctionBuilder, FunctionRef, LoadOpcode, Opcode, StoreOpcode, ValType } from "./assembler/index.js";
import type { MathFunction, MathLibrary } from "./math.js";

/** The WebAssembly type that holds one element. */
export const scalarTypes: Readonly<Record<NumericDType, "f32" | "f64" | "i32">> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  uint8: "i32",
  bool: "i32",
};
export const scalarLoads: Readonly<Record<NumericDType, LoadOpcode>> = {
  float32: "f32.load",
  float64: "f64.load",
  int32: "i32.load",
  uint8: "i32.load8_u",
  bool: "i32.load8_u",
};
export const scalarStores: Readonly<Record<NumericDType, StoreOpcode>> = {
  float32: "f32.store",
  float64: "f64.store",
  int32: "i32.store",
  uint8: "i32.store8",
  bool: "i32.store8",
};
/** log2 of an element's bytes. */
export const byteShift: Readonly<Record<NumericDType, number>> = {
  float32: 2,
  float64: 3,
  int32: 2,
  uint8: 0,
  bool: 0,
};

/** Pushes a constant. */
export function pushConstant(f: FunctionBuilder, value: number, dtype: NumericDType): void {
  if (dtype === "float32") f.f32(value);
  else if (dtype === "float64") f.f64(value);
  else f.i32(value);
}

/** What scalar code may call besides instructions. */
export interface CodeLibrary {
  readonly math: MathLibrary;
  /** The i32 functions of {@link integerFunctions}, made on first use. */
  integer(name: IntegerFunction): FunctionRef;
  /** JavaScript's `%` on float64. */
  remainder(): FunctionRef;
}

const instructions = {
  abs: "abs",
  floor: "floor",
  ceil: "ceil",
  round: "nearest",
  sqrt: "sqrt",
  neg: "neg",
} as const satisfies Partial<Record<UnaryOp, string>>;

/** Applies a primitive to the element on the stack. */
export function scalarUnary(f: FunctionBuilder, library: CodeLibrary, op: UnaryOp, dtype: NumericDType): void {
  const type = scalarTypes[dtype];
  if (op === "not") {
    f.op("i32.eqz");
  } else if (op === "sign") {
    pushSign(f, type);
  } else if (type === "i32") {
    f.call(library.integer(op === "neg" ? "neg" : "abs"));
    if (dtype === "uint8") keepByte(f);
  } else if (op in instructions) {
    f.op(`${type}.${instructions[op as keyof typeof instructions]}` as Opcode);
  } else {
    const name = op as MathFunction;
    f.call(type === "f32" ? library.math.scalar(name) : library.math.double(name));
  }
}

/** (x > 0) − (x < 0), with NaN and signed zeros as they are. */
function pushSign(f: FunctionBuilder, type: "f32" | "f64" | "i32"): void {
  const x = f.local(type);
  f.set(x);
  if (type === "i32") {
    f.get(x);
    f.i32(0);
    f.op("i32.gt_s");
    f.get(x);
    f.i32(0);
    f.op("i32.lt_s");
    f.op("i32.sub");
  } else {
    const push = (value: number): void => (type === "f32" ? f.f32(value) : f.f64(value));
    push(1);
    push(-1);
    f.get(x);
    f.get(x);
    push(0);
    f.op(`${type}.lt` as Opcode);
    // -1 where x < 0, else x itself; then 1 where x > 0.
    const negative = f.local("i32");
    f.set(negative);
    const rest = f.local(type);
    f.set(rest);
    const minus = f.local(type);
    f.set(minus);
    f.get(minus);
    f.get(rest);
    f.get(negative);
    f.select();
    f.get(x);
    push(0);
    f.op(`${type}.gt` as Opcode);
    f.select();
    f.freeLocal(negative);
    f.freeLocal(rest);
    f.freeLocal(minus);
  }
  f.freeLocal(x);
}

const keepByte = (f: FunctionBuilder): void => {
  f.i32(255);
  f.op("i32.and");
};

const floatBinary = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  max: "max",
  min: "min",
  eq: "eq",
  ne: "ne",
  lt: "lt",
  le: "le",
} as const satisfies Partial<Record<BinaryOp, string>>;

type IntegerCode = { readonly op: Opcode } | { readonly call: IntegerFunction };
const integerBinary: Readonly<Record<BinaryOp, IntegerCode>> = {
  add: { op: "i32.add" },
  sub: { op: "i32.sub" },
  mul: { op: "i32.mul" },
  div: { call: "div" },
  mod: { call: "mod" },
  floorDiv: { call: "floorDiv" },
  floorMod: { call: "floorMod" },
  pow: { call: "pow" },
  max: { call: "max" },
  min: { call: "min" },
  eq: { op: "i32.eq" },
  ne: { op: "i32.ne" },
  lt: { op: "i32.lt_s" },
  le: { op: "i32.le_s" },
  and: { op: "i32.and" },
  or: { op: "i32.or" },
};

/** Combines the two elements on the stack. `dtype` is theirs. */
export function scalarBinary(f: FunctionBuilder, library: CodeLibrary, op: BinaryOp, dtype: NumericDType): void {
  const type = scalarTypes[dtype];
  if (type === "i32") {
    const code = integerBinary[op];
    if ("op" in code) f.op(code.op);
    else f.call(library.integer(code.call));
    if (dtype === "uint8" && (op === "add" || op === "sub" || op === "mul" || op === "pow")) keepByte(f);
  } else if (op in floatBinary) {
    f.op(`${type}.${floatBinary[op as keyof typeof floatBinary]}` as Opcode);
  } else if (op === "pow") {
    f.call(type === "f32" ? library.math.scalar("pow") : library.math.double("pow"));
  } else if (op === "mod") {
    throughDouble(f, type, library.remainder());
  } else {
    throw new Error(`Primitive ${op} is composed for floats and never reaches a backend`);
  }
}

/** Calls a float64 function of two operands on the two elements on the stack. */
function throughDouble(f: FunctionBuilder, type: "f32" | "f64", callee: FunctionRef): void {
  if (type === "f64") {
    f.call(callee);
    return;
  }
  const right = f.local("f32");
  f.set(right);
  f.op("f64.promote_f32");
  f.get(right);
  f.op("f64.promote_f32");
  f.call(callee);
  f.op("f32.demote_f64");
  f.freeLocal(right);
}

/** Converts the element on the stack. */
export function scalarCast(f: FunctionBuilder, from: NumericDType, to: NumericDType): void {
  const source = scalarTypes[from];
  const target = scalarTypes[to];
  if (to === "bool") {
    if (source === "i32") f.i32(0);
    else if (source === "f32") f.f32(0);
    else f.f64(0);
    f.op(`${source}.ne` as Opcode);
  } else if (source === "i32" && target === "i32") {
    if (to === "uint8") keepByte(f);
  } else if (target === "i32") {
    f.op(source === "f32" ? "i32.trunc_sat_f32_s" : "i32.trunc_sat_f64_s");
    if (to === "uint8") keepByte(f);
  } else if (source === "i32") {
    f.op(target === "f32" ? "f32.convert_i32_s" : "f64.convert_i32_s");
  } else if (source !== target) {
    f.op(target === "f32" ? "f32.demote_f64" : "f64.promote_f32");
  }
}

// ---- integer functions that no instruction covers ----

interface IntegerSpec {
  readonly params: readonly ValType[];
  readonly build: (f: FunctionBuilder, self: FunctionRef) => void;
}
const pick = (f: FunctionBuilder, comparison: Opcode): void => {
  f.get(f.param(0));
  f.get(f.param(1));
  f.get(f.param(0));
  f.get(f.param(1));
  f.op(comparison);
  f.select();
};
/** `wasm` traps on a zero divisor and on −2³¹ ÷ −1; here the first gives 0 and the second wraps. */
const guarded = (f: FunctionBuilder, divide: () => void, byMinusOne: () => void): void => {
  f.get(f.param(1));
  f.op("i32.eqz");
  f.if(() => {
    f.i32(0);
    f.return();
  });
  f.get(f.param(1));
  f.i32(-1);
  f.op("i32.eq");
  f.if(() => {
    byMinusOne();
    f.return();
  });
  divide();
};
const both = (f: FunctionBuilder, op: Opcode): void => {
  f.get(f.param(0));
  f.get(f.param(1));
  f.op(op);
};
const negate = (f: FunctionBuilder): void => {
  f.i32(0);
  f.get(f.param(0));
  f.op("i32.sub");
};

/** −1 where the remainder is not 0 and its sign differs from the divisor's, else 0: pushes the condition. */
const roundsDown = (f: FunctionBuilder): void => {
  both(f, "i32.rem_s");
  f.i32(0);
  f.op("i32.ne");
  both(f, "i32.xor");
  f.i32(0);
  f.op("i32.lt_s");
  f.op("i32.and");
};

export const integerFunctions = {
  neg: { params: ["i32"], build: negate },
  abs: {
    params: ["i32"],
    build: (f) => {
      negate(f);
      f.get(f.param(0));
      f.get(f.param(0));
      f.i32(0);
      f.op("i32.lt_s");
      f.select();
    },
  },
  max: { params: ["i32", "i32"], build: (f) => pick(f, "i32.gt_s") },
  min: { params: ["i32", "i32"], build: (f) => pick(f, "i32.lt_s") },
  div: {
    params: ["i32", "i32"],
    build: (f) =>
      guarded(
        f,
        () => both(f, "i32.div_s"),
        () => negate(f),
      ),
  },
  mod: {
    params: ["i32", "i32"],
    build: (f) =>
      guarded(
        f,
        () => both(f, "i32.rem_s"),
        () => f.i32(0),
      ),
  },
  floorDiv: {
    params: ["i32", "i32"],
    build: (f) =>
      guarded(
        f,
        () => {
          both(f, "i32.div_s");
          roundsDown(f);
          f.op("i32.sub");
        },
        () => negate(f),
      ),
  },
  floorMod: {
    params: ["i32", "i32"],
    build: (f) =>
      guarded(
        f,
        () => {
          both(f, "i32.rem_s");
          f.get(f.param(1));
          f.i32(0);
          roundsDown(f);
          f.select();
          f.op("i32.add");
        },
        () => f.i32(0),
      ),
  },
  pow: {
    params: ["i32", "i32"],
    build: (f) => {
      const [base, exponent] = [f.param(0), f.param(1)];
      const result = f.local("i32");
      f.get(exponent);
      f.i32(0);
      f.op("i32.lt_s");
      f.if(() => {
        // Only ±1 have whole negative powers; everything else rounds to 0.
        f.get(base);
        f.i32(1);
        f.op("i32.eq");
        f.if(() => {
          f.i32(1);
          f.return();
        });
        f.get(base);
        f.i32(-1);
        f.op("i32.eq");
        f.if(() => {
          f.i32(-1);
          f.i32(1);
          f.get(exponent);
          f.i32(1);
          f.op("i32.and");
          f.select();
          f.return();
        });
        f.i32(0);
        f.return();
      });
      f.i32(1);
      f.set(result);
      f.block((done) => {
        f.loop((again) => {
          f.get(exponent);
          f.op("i32.eqz");
          f.brIf(done);
          f.get(exponent);
          f.i32(1);
          f.op("i32.and");
          f.if(() => {
            f.get(result);
            f.get(base);
            f.op("i32.mul");
            f.set(result);
          });
          f.get(base);
          f.get(base);
          f.op("i32.mul");
          f.set(base);
          f.get(exponent);
          f.i32(1);
          f.op("i32.shr_u");
          f.set(exponent);
          f.br(again);
        });
      });
      f.get(result);
    },
  },
} as const satisfies Record<string, IntegerSpec>;
export type IntegerFunction = keyof typeof integerFunctions;
