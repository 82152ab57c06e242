/**
 * @file The instruction set: every WebAssembly instruction this assembler knows, by its text name. Pages load
 * the table, so that families which kernels have no use for are left out. Numbers follow the core specification
 * (with fixed-width and relaxed SIMD) and the threads proposal. Tables only; imports nothing. Instructions are
 * grouped by the immediates they carry, so each group has its own method on the function builder and its own
 * literal type.
 */

/** The words of a text, `-` apart. */
type Words<Text extends string, Found = never> = Text extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Found | Word>
  : Exclude<Found | Text, "-">;

/** Names with their numbers, counted from `first`; `-` stands for a number that has none. */
function numbered<const Lines extends readonly string[]>(
  first: number,
  ...lines: Lines
): Readonly<Record<Words<Lines[number]>, number>> {
  const names = lines.join(" ").split(" ");
  const pairs = names.map((name, i) => [name, first + i] as const).filter(([name]) => name !== "-");
  return Object.fromEntries(pairs) as Record<Words<Lines[number]>, number>;
}

/** No immediates, no prefix. */
const plain = {
  ...numbered(0x00, "unreachable nop"),
  ...numbered(
    0x45,
    "i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u i64.eqz i64.eq",
    "i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u f32.eq f32.ne f32.lt f32.gt",
    "f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul",
    "i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr",
    "i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or",
    "i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr f32.abs f32.neg f32.ceil f32.floor f32.trunc",
    "f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign f64.abs f64.neg f64.ceil",
    "f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign",
    "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s",
    "i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s",
    "f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u",
    "f64.convert_i64_s f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64",
    "f32.reinterpret_i32 f64.reinterpret_i64 i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s",
    "i64.extend32_s",
  ),
};

/** Prefix 0xfc, no immediates. */
const saturating = {
  ...numbered(
    0x00,
    "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s",
    "i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u",
  ),
};

/** Prefix 0xfd, no immediates. From 0x100 on: relaxed SIMD. Of lanes of 8 and 16 bits, only what packs bytes. */
const simd = {
  ...numbered(0x11, "i32x4.splat i64x2.splat f32x4.splat f64x2.splat"),
  ...numbered(
    0x37,
    "i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s",
    "i32x4.ge_u f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt",
    "f64x2.le f64x2.ge v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true",
  ),
  ...numbered(0x5e, "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
  ...numbered(0x66, "i8x16.narrow_i16x8_u f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest"),
  ...numbered(0x74, "f64x2.ceil f64x2.floor"),
  ...numbered(0x7a, "f64x2.trunc"),
  ...numbered(0x86, "i16x8.narrow_i32x4_u - - i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u"),
  ...numbered(0x94, "f64x2.nearest"),
  ...numbered(0xa0, "i32x4.abs i32x4.neg - i32x4.all_true"),
  ...numbered(
    0xa9,
    "i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add - - i32x4.sub",
  ),
  ...numbered(0xb5, "i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u"),
  ...numbered(0xc0, "i64x2.abs i64x2.neg - i64x2.all_true"),
  ...numbered(0xcb, "i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add - - i64x2.sub"),
  ...numbered(
    0xd5,
    "i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s - - i64x2.extmul_low_i32x4_u",
    "i64x2.extmul_high_i32x4_u f32x4.abs f32x4.neg - f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div",
    "f32x4.min f32x4.max f32x4.pmin f32x4.pmax f64x2.abs f64x2.neg - f64x2.sqrt f64x2.add f64x2.sub f64x2.mul",
    "f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u",
    "f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero",
    "f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u",
  ),
  ...numbered(0x105, "f32x4.relaxed_madd - f64x2.relaxed_madd"),
};

/** Prefix 0xfd, one lane index. The second number is how many lanes the shape has. */
// biome-ignore format: a table reads better packed
const lanes = {
  "i32x4.extract_lane": [0x1b, 4], "i32x4.replace_lane": [0x1c, 4], "i64x2.extract_lane": [0x1d, 2],
  "i64x2.replace_lane": [0x1e, 2], "f32x4.extract_lane": [0x1f, 4], "f32x4.replace_lane": [0x20, 4],
  "f64x2.extract_lane": [0x21, 2], "f64x2.replace_lane": [0x22, 2],
} as const;

// Memory instructions carry an alignment and an offset. Each entry is [code, log2 of the bytes accessed];
// the builder always states the natural alignment.

// biome-ignore format: a table reads better packed
const plainLoads = {
  "i32.load": [0x28, 2], "i64.load": [0x29, 3], "f32.load": [0x2a, 2], "f64.load": [0x2b, 3],
  "i32.load8_s": [0x2c, 0], "i32.load8_u": [0x2d, 0], "i32.load16_s": [0x2e, 1], "i32.load16_u": [0x2f, 1],
  "i64.load8_s": [0x30, 0], "i64.load8_u": [0x31, 0], "i64.load16_s": [0x32, 1], "i64.load16_u": [0x33, 1],
  "i64.load32_s": [0x34, 2], "i64.load32_u": [0x35, 2],
} as const;
// biome-ignore format: a table reads better packed
const plainStores = {
  "i32.store": [0x36, 2], "i64.store": [0x37, 3], "f32.store": [0x38, 2], "f64.store": [0x39, 3],
  "i32.store8": [0x3a, 0], "i32.store16": [0x3b, 1], "i64.store8": [0x3c, 0], "i64.store16": [0x3d, 1],
  "i64.store32": [0x3e, 2],
} as const;
// biome-ignore format: a table reads better packed
const simdLoads = {
  "v128.load": [0x00, 4], "v128.load8x8_s": [0x01, 3], "v128.load8x8_u": [0x02, 3], "v128.load16x4_s": [0x03, 3],
  "v128.load16x4_u": [0x04, 3], "v128.load32x2_s": [0x05, 3], "v128.load32x2_u": [0x06, 3],
  "v128.load8_splat": [0x07, 0], "v128.load16_splat": [0x08, 1], "v128.load32_splat": [0x09, 2],
  "v128.load64_splat": [0x0a, 3], "v128.load32_zero": [0x5c, 2], "v128.load64_zero": [0x5d, 3],
} as const;
const simdStores = { "v128.store": [0x0b, 4] } as const;
const simdLaneLoads = {
  "v128.load8_lane": [0x54, 0],
  "v128.load16_lane": [0x55, 1],
  "v128.load32_lane": [0x56, 2],
  "v128.load64_lane": [0x57, 3],
} as const;
const simdLaneStores = {
  "v128.store8_lane": [0x58, 0],
  "v128.store16_lane": [0x59, 1],
  "v128.store32_lane": [0x5a, 2],
  "v128.store64_lane": [0x5b, 3],
} as const;
// biome-ignore format: a table reads better packed
const atomics = {
  "memory.atomic.notify": [0x00, 2], "memory.atomic.wait32": [0x01, 2], "i32.atomic.load": [0x10, 2],
  "i32.atomic.store": [0x17, 2], "i32.atomic.rmw.add": [0x1e, 2],
} as const;

/** An instruction without immediates. */
export type Opcode = keyof typeof plain | keyof typeof saturating | keyof typeof simd;
export type LoadOpcode = keyof typeof plainLoads | keyof typeof simdLoads;
export type StoreOpcode = keyof typeof plainStores | keyof typeof simdStores;
export type LoadLaneOpcode = keyof typeof simdLaneLoads;
export type StoreLaneOpcode = keyof typeof simdLaneStores;
/** Extracts a lane, or replaces one. */
export type LaneOpcode = keyof typeof lanes;
export type AtomicOpcode = keyof typeof atomics;

/** How an instruction is written: a prefix byte (0 where there is none) and its number. */
export interface Encoding {
  readonly prefix: number;
  readonly code: number;
}
export interface MemoryEncoding extends Encoding {
  /** log2 of the bytes accessed: the natural alignment. */
  readonly alignment: number;
}
export interface LaneEncoding extends Encoding {
  readonly laneCount: number;
}

export const MISC_PREFIX = 0xfc;
export const SIMD_PREFIX = 0xfd;
export const ATOMIC_PREFIX = 0xfe;

type Codes = Readonly<Record<string, number>>;
type Pairs = Readonly<Record<string, readonly [number, number]>>;

const encode = (prefix: number, codes: Codes): [string, Encoding][] =>
  Object.entries(codes).map(([name, code]) => [name, { prefix, code }]);
const encodeMemory = (prefix: number, pairs: Pairs): [string, MemoryEncoding][] =>
  Object.entries(pairs).map(([name, [code, alignment]]) => [name, { prefix, code, alignment }]);

export const opcodes: ReadonlyMap<string, Encoding> = new Map([
  ...encode(0, plain),
  ...encode(MISC_PREFIX, saturating),
  ...encode(SIMD_PREFIX, simd),
]);
export const loads: ReadonlyMap<string, MemoryEncoding> = new Map([
  ...encodeMemory(0, plainLoads),
  ...encodeMemory(SIMD_PREFIX, simdLoads),
]);
export const stores: ReadonlyMap<string, MemoryEncoding> = new Map([
  ...encodeMemory(0, plainStores),
  ...encodeMemory(SIMD_PREFIX, simdStores),
]);
export const laneLoads: ReadonlyMap<string, MemoryEncoding> = new Map(encodeMemory(SIMD_PREFIX, simdLaneLoads));
export const laneStores: ReadonlyMap<string, MemoryEncoding> = new Map(encodeMemory(SIMD_PREFIX, simdLaneStores));
export const atomicOpcodes: ReadonlyMap<string, MemoryEncoding> = new Map(encodeMemory(ATOMIC_PREFIX, atomics));
export const laneOpcodes: ReadonlyMap<string, LaneEncoding> = new Map(
  Object.entries(lanes).map(([name, [code, laneCount]]) => [name, { prefix: SIMD_PREFIX, code, laneCount }]),
);
