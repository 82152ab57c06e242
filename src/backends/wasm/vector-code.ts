/**
 * @file Code for scalar primitives on four 32-bit lanes at a time: float32, int32, and bool as a mask
 * of all ones or zeros. What has no vector instruction goes through the lanes one by one.
 */
import type { NumericDType } from "../../core/index.js";
import type { BinaryOp, UnaryOp } from "../../ir/index.js";
import type { FunctionBuilder, LaneOpcode, Local, Opcode } from "./assembler/index.js";
import type { MathFunction } from "./math.js";
import { type CodeLibrary, scalarBinary } from "./scalar-code.js";

/** The dtypes that have a vector form. */
export type VectorDType = "float32" | "int32" | "bool";
export const isVectorDType = (dtype: NumericDType): dtype is VectorDType => dtype !== "float64" && dtype !== "uint8";

/** Repeats the scalar on the stack in all lanes. */
export function splat(f: FunctionBuilder, dtype: VectorDType): void {
  if (dtype === "float32") {
    f.op("f32x4.splat");
    return;
  }
  if (dtype === "bool") {
    const bit = f.local("i32");
    f.set(bit);
    f.i32(0);
    f.get(bit);
    f.op("i32.sub");
    f.freeLocal(bit);
  }
  f.op("i32x4.splat");
}

/** Takes one lane out of a vector as a scalar. */
export function extractLane(f: FunctionBuilder, dtype: VectorDType, lane: number): void {
  f.lane(dtype === "float32" ? "f32x4.extract_lane" : "i32x4.extract_lane", lane);
  if (dtype === "bool") {
    f.i32(1);
    f.op("i32.and");
  }
}

/** Loads four neighbours from the address on the stack. */
export function vectorLoad(f: FunctionBuilder, dtype: VectorDType, offset = 0): void {
  if (dtype !== "bool") {
    f.load("v128.load", offset);
    return;
  }
  f.load("v128.load32_zero", offset);
  f.op("i16x8.extend_low_i8x16_u");
  f.op("i32x4.extend_low_i16x8_u");
  f.i32x4Splat(0);
  f.op("i32x4.ne");
}

/** Stores four neighbours: address and vector on the stack. */
export function vectorStore(f: FunctionBuilder, dtype: VectorDType): void {
  if (dtype !== "bool") {
    f.store("v128.store");
    return;
  }
  f.i32x4Splat(1);
  f.op("v128.and");
  const bytes = f.local("v128");
  f.tee(bytes);
  f.get(bytes);
  f.op("i16x8.narrow_i32x4_u");
  f.tee(bytes);
  f.get(bytes);
  f.op("i8x16.narrow_i16x8_u");
  f.storeLane("v128.store32_lane", 0);
  f.freeLocal(bytes);
}

const floatUnary: Partial<Record<UnaryOp, Opcode>> = {
  neg: "f32x4.neg",
  abs: "f32x4.abs",
  floor: "f32x4.floor",
  ceil: "f32x4.ceil",
  round: "f32x4.nearest",
  sqrt: "f32x4.sqrt",
};

/** Applies a primitive to the vector on the stack. */
export function vectorUnary(f: FunctionBuilder, library: CodeLibrary, op: UnaryOp, dtype: VectorDType): void {
  if (op === "not") f.op("v128.not");
  else if (op === "sign") vectorSign(f, dtype);
  else if (dtype !== "float32") f.op(op === "neg" ? "i32x4.neg" : "i32x4.abs");
  else {
    const instruction = floatUnary[op];
    if (instruction !== undefined) f.op(instruction);
    else f.call(library.math.vector(op as MathFunction));
  }
}

function vectorSign(f: FunctionBuilder, dtype: VectorDType): void {
  const x = f.local("v128");
  f.set(x);
  if (dtype === "float32") {
    f.f32x4Splat(1);
    f.f32x4Splat(-1);
    f.get(x);
    f.get(x);
    f.f32x4Splat(0);
    f.op("f32x4.lt");
    f.op("v128.bitselect");
    f.get(x);
    f.f32x4Splat(0);
    f.op("f32x4.gt");
    f.op("v128.bitselect");
  } else {
    // Masks are −1, so (x < 0) − (x > 0).
    f.get(x);
    f.i32x4Splat(0);
    f.op("i32x4.lt_s");
    f.get(x);
    f.i32x4Splat(0);
    f.op("i32x4.gt_s");
    f.op("i32x4.sub");
  }
  f.freeLocal(x);
}

const floatBinary: Partial<Record<BinaryOp, Opcode>> = {
  add: "f32x4.add",
  sub: "f32x4.sub",
  mul: "f32x4.mul",
  div: "f32x4.div",
  max: "f32x4.max",
  min: "f32x4.min",
  eq: "f32x4.eq",
  ne: "f32x4.ne",
  lt: "f32x4.lt",
  le: "f32x4.le",
};
const integerBinary: Partial<Record<BinaryOp, Opcode>> = {
  add: "i32x4.add",
  sub: "i32x4.sub",
  mul: "i32x4.mul",
  max: "i32x4.max_s",
  min: "i32x4.min_s",
  eq: "i32x4.eq",
  ne: "i32x4.ne",
  lt: "i32x4.lt_s",
  le: "i32x4.le_s",
};
/** Masks order the other way round: true is −1, false is 0. */
const maskBinary: Partial<Record<BinaryOp, Opcode>> = {
  and: "v128.and",
  or: "v128.or",
  max: "v128.or",
  min: "v128.and",
  ne: "v128.xor",
  eq: "i32x4.eq",
  lt: "i32x4.gt_s",
  le: "i32x4.ge_s",
};
const vectorTables = { float32: floatBinary, int32: integerBinary, bool: maskBinary };

/** Combines the two vectors on the stack. `dtype` is theirs. */
export function vectorBinary(f: FunctionBuilder, library: CodeLibrary, op: BinaryOp, dtype: VectorDType): void {
  const instruction = vectorTables[dtype][op];
  if (instruction !== undefined) f.op(instruction);
  else if (op === "pow" && dtype === "float32") f.call(library.math.vector("pow"));
  else laneByLane(f, dtype, () => scalarBinary(f, library, op, dtype));
}

/** Runs scalar code of two operands on each lane of the two vectors on the stack. */
function laneByLane(f: FunctionBuilder, dtype: VectorDType, code: () => void): void {
  const a = f.local("v128");
  const b = f.local("v128");
  const result = f.local("v128");
  f.set(b);
  f.set(a);
  for (let lane = 0; lane < 4; lane++) {
    f.get(result);
    for (const operand of [a, b] as Local[]) {
      f.get(operand);
      extractLane(f, dtype, lane);
    }
    code();
    f.lane((dtype === "float32" ? "f32x4.replace_lane" : "i32x4.replace_lane") as LaneOpcode, lane);
    f.set(result);
  }
  f.get(result);
  for (const local of [a, b, result]) f.freeLocal(local);
}

/** Converts the vector on the stack. */
export function vectorCast(f: FunctionBuilder, from: VectorDType, to: VectorDType): void {
  if (from === to) return;
  if (to === "bool") {
    if (from === "float32") {
      f.f32x4Splat(0);
      f.op("f32x4.ne");
    } else {
      f.i32x4Splat(0);
      f.op("i32x4.ne");
    }
  } else if (from === "bool") {
    if (to === "float32") f.f32x4Splat(1);
    else f.i32x4Splat(1);
    f.op("v128.and");
  } else f.op(to === "float32" ? "f32x4.convert_i32x4_s" : "i32x4.trunc_sat_f32x4_s");
}
