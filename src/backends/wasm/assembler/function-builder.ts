/**
 * @file Writes the body of one function, instruction by instruction, straight to bytes.
 * Imports the instruction tables and core's errors. Promises that what it accepts is well formed
 * (balanced blocks, known instructions, own locals, lanes in range); types on the operand stack are
 * left to the engine's validator.
 */
import { InternalError } from "../../../core/errors.js";
import { ByteWriter } from "./byte-writer.js";
import {
  ATOMIC_PREFIX,
  type AtomicOpcode,
  atomicOpcodes,
  type Encoding,
  type LaneOpcode,
  type LoadLaneOpcode,
  type LoadOpcode,
  laneLoads,
  laneOpcodes,
  laneStores,
  loads,
  type MemoryEncoding,
  MISC_PREFIX,
  type Opcode,
  opcodes,
  SIMD_PREFIX,
  type StoreLaneOpcode,
  type StoreOpcode,
  stores,
} from "./opcodes.js";
import { type FunctionRef, type Label, type Local, type ValType, valTypeCodes } from "./types.js";

const EMPTY_BLOCK = 0x40;

/** The place of a call whose callee's index is not settled yet. */
interface Call {
  readonly position: number;
  readonly callee: FunctionRef;
}

/** The 16 bytes of a vector constant, as bytes or as lanes of any type. */
export type VectorBits = Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array;

export class FunctionBuilder {
  readonly #self: FunctionRef;
  readonly #owns: (callee: FunctionRef) => boolean;
  readonly #code = new ByteWriter(256);
  readonly #calls: Call[] = [];
  /** The current handle of each index; a handle that was freed is no longer here. */
  readonly #locals: Local[];
  readonly #pool: Record<ValType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  readonly #open: Label[] = [];
  readonly #globalOf: (bits: Uint8Array) => number;

  /**
   * For {@link ModuleBuilder}; `owns` tells whether a function belongs to the same module, and `globalOf` gives the
   * index of the module's global with a vector constant.
   */
  constructor(self: FunctionRef, owns: (callee: FunctionRef) => boolean, globalOf: (bits: Uint8Array) => number) {
    this.#self = self;
    this.#owns = owns;
    this.#globalOf = globalOf;
    this.#locals = self.params.map((type, index) => ({ index, type }));
  }

  // ---- parameters and locals ----

  /** The handle of parameter `index`. */
  param(index: number): Local {
    const local = index < this.#self.params.length ? this.#locals[index] : undefined;
    return local ?? this.#fail(`has ${this.#self.params.length} parameters; there is no parameter ${index}`);
  }

  /** A local variable. One that comes out of the pool keeps its old value; a new one is zero. */
  local(type: ValType): Local {
    const index = this.#pool[type].pop() ?? this.#locals.length;
    const local = { index, type };
    this.#locals[index] = local;
    return local;
  }

  /** Returns a local to the pool; its handle is dead from here on. */
  freeLocal(local: Local): void {
    this.#check(local);
    if (local.index < this.#self.params.length) this.#fail(`cannot free its parameter ${local.index}`);
    this.#locals[local.index] = { ...local };
    this.#pool[local.type].push(local.index);
  }

  get(local: Local): void {
    this.#localAccess(0x20, local);
  }
  set(local: Local): void {
    this.#localAccess(0x21, local);
  }
  tee(local: Local): void {
    this.#localAccess(0x22, local);
  }

  // ---- constants ----

  /** A 32-bit integer, signed or unsigned: -2^31 to 2^32 - 1. */
  i32(value: number): void {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) this.#fail(`i32 constant ${value}`);
    this.#code.byte(0x41);
    this.#code.s32(value);
  }
  i64(value: bigint): void {
    this.#code.byte(0x42);
    this.#code.s64(value);
  }
  f32(value: number): void {
    this.#code.byte(0x43);
    this.#code.f32(value);
  }
  f64(value: number): void {
    this.#code.byte(0x44);
    this.#code.f64(value);
  }
  /** A vector constant: `v128(new Int32Array([0, 1, 2, 3]))`. */
  v128(bits: VectorBits): void {
    if (bits.byteLength !== 16) this.#fail(`vector constant of ${bits.byteLength} bytes; 16 are needed`);
    const bytes = new Uint8Array(bits.buffer, bits.byteOffset, 16);
    if (bytes.every((byte) => byte === bytes[0])) {
      this.#prefixed(SIMD_PREFIX, 0x0c);
      this.#code.bytes(bytes);
      return;
    }
    // One load instead of the three instructions that engines make of a constant in code.
    this.#code.byte(0x23);
    this.#code.u32(this.#globalOf(bytes));
  }
  /** A vector constant with the same float32 in all four lanes. */
  f32x4Splat(value: number): void {
    this.v128(new Float32Array(4).fill(value));
  }
  /** A vector constant with the same 32-bit integer in all four lanes. */
  i32x4Splat(value: number): void {
    this.v128(new Int32Array(4).fill(value));
  }
  /** A vector constant with the same float64 in both lanes. */
  f64x2Splat(value: number): void {
    this.v128(new Float64Array(2).fill(value));
  }

  // ---- instructions ----

  /** Any instruction without immediates, by its text name. */
  op(name: Opcode): void {
    const { prefix, code } = this.#known(opcodes.get(name), name);
    this.#prefixed(prefix, code);
  }

  /** Loads from the address on the stack plus `offset` bytes. */
  load(name: LoadOpcode, offset = 0): void {
    this.#memory(this.#known(loads.get(name), name), offset);
  }
  /** Stores the value on the stack at the address below it plus `offset` bytes. */
  store(name: StoreOpcode, offset = 0): void {
    this.#memory(this.#known(stores.get(name), name), offset);
  }
  /** Loads one lane into the vector on the stack. */
  loadLane(name: LoadLaneOpcode, lane: number, offset = 0): void {
    this.#memoryLane(this.#known(laneLoads.get(name), name), lane, offset);
  }
  /** Stores one lane of the vector on the stack. */
  storeLane(name: StoreLaneOpcode, lane: number, offset = 0): void {
    this.#memoryLane(this.#known(laneStores.get(name), name), lane, offset);
  }
  /** An atomic access, `memory.atomic.wait32` and `memory.atomic.notify` included; memory must be shared for waits. */
  atomic(name: AtomicOpcode, offset = 0): void {
    this.#memory(this.#known(atomicOpcodes.get(name), name), offset);
  }
  atomicFence(): void {
    this.#prefixed(ATOMIC_PREFIX, 0x03);
    this.#code.byte(0);
  }

  /** Extracts or replaces one lane. */
  lane(name: LaneOpcode, lane: number): void {
    const { prefix, code, laneCount } = this.#known(laneOpcodes.get(name), name);
    this.#prefixed(prefix, code);
    this.#laneIndex(lane, laneCount);
  }
  /** `i8x16.shuffle`: 16 byte indices, 0-15 from the first operand and 16-31 from the second. */
  shuffle(byteLanes: readonly number[]): void {
    if (byteLanes.length !== 16) this.#fail(`i8x16.shuffle takes 16 byte indices, not ${byteLanes.length}`);
    this.#prefixed(SIMD_PREFIX, 0x0d);
    for (const lane of byteLanes) this.#laneIndex(lane, 32);
  }
  /** {@link shuffle} on whole 32-bit lanes: four indices, 0-3 from the first operand and 4-7 from the second. */
  shuffle32(lanes: readonly [number, number, number, number]): void {
    this.shuffle(lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]));
  }

  call(callee: FunctionRef): void {
    if (!this.#owns(callee)) this.#fail(`calls ${callee.name}, which belongs to another module`);
    this.#code.byte(0x10);
    this.#calls.push({ position: this.#code.placeholderU32(), callee });
  }
  return(): void {
    this.#code.byte(0x0f);
  }
  drop(): void {
    this.#code.byte(0x1a);
  }
  /** Keeps the lower of two values if the condition on top is non-zero, else the upper. */
  select(): void {
    this.#code.byte(0x1b);
  }
  /** Pushes the size of memory in pages of 64 KiB. */
  memorySize(): void {
    this.#code.bytes([0x3f, 0]);
  }
  memoryGrow(): void {
    this.#code.bytes([0x40, 0]);
  }
  /** Copies: destination, source and byte count on the stack; the ranges may overlap. */
  memoryCopy(): void {
    this.#prefixed(MISC_PREFIX, 10);
    this.#code.bytes([0, 0]);
  }
  /** Fills: destination, byte value and byte count on the stack. */
  memoryFill(): void {
    this.#prefixed(MISC_PREFIX, 11);
    this.#code.byte(0);
  }

  // ---- control flow ----

  /** A block; branching to its label leaves it. */
  block(body: (label: Label) => void, result?: ValType): void {
    this.#nested(0x02, result, body);
  }
  /** A loop; branching to its label starts the next round, reaching its end leaves it. */
  loop(body: (label: Label) => void, result?: ValType): void {
    this.#nested(0x03, result, body);
  }
  /** Runs `whenTrue` if the condition on the stack is non-zero. */
  if(whenTrue: (label: Label) => void, whenFalse?: (label: Label) => void, result?: ValType): void {
    this.#nested(0x04, result, (label) => {
      whenTrue(label);
      if (whenFalse === undefined) return;
      this.#code.byte(0x05);
      whenFalse(label);
    });
  }
  /** Branches to a label, or to the block so many levels out (0 is the innermost). */
  br(target: Label | number): void {
    this.#code.byte(0x0c);
    this.#code.u32(this.#depth(target));
  }
  /** {@link br} if the condition on the stack is non-zero. */
  brIf(target: Label | number): void {
    this.#code.byte(0x0d);
    this.#code.u32(this.#depth(target));
  }
  /** Branches to the target the index on the stack picks, or to `otherwise` if there are not so many. */
  brTable(targets: readonly (Label | number)[], otherwise: Label | number): void {
    this.#code.byte(0x0e);
    this.#code.u32(targets.length);
    for (const target of [...targets, otherwise]) this.#code.u32(this.#depth(target));
  }

  // ---- for the module builder ----

  /** The body with its declarations of locals, call targets settled by `indexOf`. */
  encode(indexOf: (callee: FunctionRef) => number): ByteWriter {
    for (const { position, callee } of this.#calls) this.#code.patchU32(position, indexOf(callee));
    const body = new ByteWriter(this.#code.length + 32);
    const runs = runsOf(this.#locals.slice(this.#self.params.length).map((local) => local.type));
    body.u32(runs.length);
    for (const { count, type } of runs) {
      body.u32(count);
      body.byte(valTypeCodes[type]);
    }
    body.append(this.#code);
    body.byte(0x0b);
    return body;
  }

  #nested(code: number, result: ValType | undefined, body: (label: Label) => void): void {
    this.#code.byte(code);
    this.#code.byte(result === undefined ? EMPTY_BLOCK : valTypeCodes[result]);
    const label: Label = { nesting: this.#open.length };
    this.#open.push(label);
    body(label);
    this.#open.pop();
    this.#code.byte(0x0b);
  }

  #depth(target: Label | number): number {
    if (typeof target !== "number") {
      if (this.#open[target.nesting] !== target) this.#fail("branches to a block that is not open here");
      return this.#open.length - 1 - target.nesting;
    }
    // A depth equal to the number of open blocks names the function itself: the branch returns.
    if (!Number.isInteger(target) || target < 0 || target > this.#open.length)
      this.#fail(`branches ${target} blocks out of ${this.#open.length}`);
    return target;
  }

  #localAccess(code: number, local: Local): void {
    this.#check(local);
    this.#code.byte(code);
    this.#code.u32(local.index);
  }

  #check(local: Local): void {
    if (this.#locals[local.index] !== local)
      this.#fail(`uses local ${local.index} (${local.type}), which was freed or belongs to another function`);
  }

  #prefixed(prefix: number, code: number): void {
    if (prefix === 0) {
      this.#code.byte(code);
    } else {
      this.#code.byte(prefix);
      this.#code.u32(code);
    }
  }

  #memory({ prefix, code, alignment }: MemoryEncoding, offset: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset >= 2 ** 32) this.#fail(`memory offset ${offset}`);
    this.#prefixed(prefix, code);
    this.#code.u32(alignment);
    this.#code.u32(offset);
  }

  #memoryLane(encoding: MemoryEncoding, lane: number, offset: number): void {
    this.#memory(encoding, offset);
    this.#laneIndex(lane, 16 >> encoding.alignment);
  }

  #laneIndex(lane: number, count: number): void {
    if (!Number.isInteger(lane) || lane < 0 || lane >= count) this.#fail(`lane ${lane} of ${count}`);
    this.#code.byte(lane);
  }

  #known<E extends Encoding>(encoding: E | undefined, name: string): E {
    return encoding ?? this.#fail(`unknown instruction ${name}`);
  }

  #fail(problem: string): never {
    throw new InternalError(`wasm function ${this.#self.name}: ${problem}`);
  }
}

/** Neighbours of one type, counted: `[f32, f32, i32]` is 2 × f32, 1 × i32. */
function runsOf(types: readonly ValType[]): { count: number; type: ValType }[] {
  const runs: { count: number; type: ValType }[] = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  return runs;
}
