/**
 * @file Random numbers inside compiled programs: functions that fill memory with exactly the bits of
 * core/random. Imports the assembler, the math library, the cipher and core's constants. Each function is stateless: the
 * caller passes seeds and counter, and moves the counter on itself (see `advance`).
 *
 * A range can be shared among threads: groups of values are independent, so a thread that starts at group g
 * passes the counter plus `blocksPerGroup · g`, and the address and count of its own part.
 */
import { BLOCKS_PER_VALUE, RandomState } from "../../core/random-state.js";
import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder, ValType } from "./assembler/index.js";
import type { MathLibrary } from "./math.js";
import { BLOCK_PARAMETERS, writePhiloxBlocks } from "./philox.js";

/** Seed low and high, seed2 low and high, counter low and high: the words of a `RandomState`, in its order. */
const STATE: readonly ValType[] = new Array<ValType>(RandomState.WORDS).fill("i32");
const COUNTER_OFFSET = 16;

/** The distributions, with the values in a group and the blocks from one group to the next. */
export const randomFills = {
  uniformFloat32: { groupSize: 4, blocksPerGroup: 1 },
  uniformFloat64: { groupSize: 2, blocksPerGroup: 1 },
  uniformInt32: { groupSize: 4, blocksPerGroup: 1 },
  normalFloat32: { groupSize: 4, blocksPerGroup: 1 },
  normalFloat64: { groupSize: 2, blocksPerGroup: 1 },
  truncatedNormalFloat32: { groupSize: 4, blocksPerGroup: 256 },
  truncatedNormalFloat64: { groupSize: 2, blocksPerGroup: 128 },
} as const;
export type RandomFill = keyof typeof randomFills;

/** Functions of a module, each added when it is first asked for. */
export interface RandomFunctions extends Readonly<Record<RandomFill, FunctionRef>> {
  // All but `uniformInt32` take (out, count, ...state); that one takes (out, count, low, range, ...state), where
  // range is high - low as uint32. `out` is a byte address, aligned to the element.

  /** Moves the state at an address on as one execution does: (state, count). */
  readonly advance: FunctionRef;
}

/** Offers the random functions to a module; only those that are used end up in it. */
export function addRandomFunctions(module: ModuleBuilder, math: MathLibrary): RandomFunctions {
  return new Library(module, math);
}

class Library implements RandomFunctions {
  readonly #module: ModuleBuilder;
  readonly #math: MathLibrary;
  readonly #defined = new Map<string, FunctionRef>();

  constructor(module: ModuleBuilder, math: MathLibrary) {
    this.#module = module;
    this.#math = math;
  }

  get uniformFloat32(): FunctionRef {
    return this.#once("uniformFloat32", (name) => this.#defineFill(name, [], 4, uniforms32));
  }

  get uniformFloat64(): FunctionRef {
    return this.#once("uniformFloat64", (name) => this.#defineFill(name, [], 8, uniforms64));
  }

  get uniformInt32(): FunctionRef {
    return this.#once("uniformInt32", (name) => this.#defineFill(name, ["i32", "i32"], 4, integers));
  }

  get normalFloat32(): FunctionRef {
    const normals = this.#normals32;
    return this.#once("normalFloat32", (name) => this.#defineFill(name, [], 4, (f) => f.call(normals)));
  }

  get normalFloat64(): FunctionRef {
    const normals = this.#normals64;
    return this.#once("normalFloat64", (name) => this.#defineFill(name, [], 8, (f) => f.call(normals)));
  }

  get truncatedNormalFloat32(): FunctionRef {
    const normals = this.#normals32;
    return this.#once("truncatedNormalFloat32", (name) => this.#defineTruncated(name, 4, normals));
  }

  get truncatedNormalFloat64(): FunctionRef {
    const normals = this.#normals64;
    return this.#once("truncatedNormalFloat64", (name) => this.#defineTruncated(name, 8, normals));
  }

  get advance(): FunctionRef {
    return this.#once("advanceRandomState", (name) =>
      this.#module.defineFunction(name, ["i32", "i32"], [], (f) => {
        f.get(f.param(0));
        f.get(f.param(0));
        f.load("i64.load", COUNTER_OFFSET);
        f.get(f.param(1));
        f.op("i64.extend_i32_u");
        f.i64(BigInt(BLOCKS_PER_VALUE));
        f.op("i64.mul");
        f.op("i64.add");
        f.store("i64.store", COUNTER_OFFSET);
      }),
    );
  }

  /** Fills 4 blocks at a time; `convert` turns a block's four words on the stack into a vector of values. */
  #defineFill(
    name: string,
    parameters: readonly ValType[],
    elementBytes: 4 | 8,
    convert: (f: FunctionBuilder) => void,
  ): FunctionRef {
    const blocks = this.#fourBlocks;
    const store = this.#storePart(elementBytes);
    return this.#module.defineFunction(name, ["i32", "i32", ...parameters, ...STATE], [], (f) => {
      const [out, count] = [f.param(0), f.param(1)];
      const firstWord = 2 + parameters.length;
      const counter = counterOf(f, firstWord);
      const rows = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];
      whilePositive(f, count, () => {
        pushKeyed(f, firstWord, counter);
        f.call(blocks);
        for (const row of rows.toReversed()) f.set(row);
        for (const [i, row] of rows.entries()) {
          f.get(out);
          f.get(row);
          convert(f);
          f.get(count);
          f.i32((i * 16) / elementBytes);
          f.op("i32.sub");
          f.call(store);
          addTo(f, out, 16);
        }
        addTo(f, count, -64 / elementBytes);
        addToCounter(f, counter, 4);
      });
    });
  }

  /** Fills group by group: draws whole blocks of normals and keeps those below 2 until the group is full. */
  #defineTruncated(name: string, elementBytes: 4 | 8, normals: FunctionRef): FunctionRef {
    const block = this.#oneBlock;
    const groupSize = 16 / elementBytes;
    const groupBlocks = (groupSize * BLOCKS_PER_VALUE) / 4;
    return this.#module.defineFunction(name, ["i32", "i32", ...STATE], [], (f) => {
      const [out, count] = [f.param(0), f.param(1)];
      const groupCounter = counterOf(f, 2);
      const [counter, values, wanted] = [f.local("i64"), f.local("v128"), f.local("i32")];
      whilePositive(f, count, () => {
        f.get(groupCounter);
        f.set(counter);
        pushSmaller(f, count, groupSize);
        f.set(wanted);
        addTo(f, count, -groupSize);
        whilePositive(f, wanted, () => {
          pushKeyed(f, 2, counter);
          f.call(block);
          f.call(normals);
          f.set(values);
          addToCounter(f, counter, 1);
          for (let lane = 0; lane < groupSize; lane++) keepLane(f, elementBytes, values, lane, out, wanted);
        });
        addToCounter(f, groupCounter, groupBlocks);
      });
    });
  }

  /** Stores as much of a vector as is wanted: (address, vector, values wanted, perhaps negative). */
  #storePart(elementBytes: 4 | 8): FunctionRef {
    const lanes = 16 / elementBytes;
    return this.#once(`storePart${elementBytes}`, (name) =>
      this.#module.defineFunction(name, ["i32", "v128", "i32"], [], (f) => {
        const [at, row, wanted] = [f.param(0), f.param(1), f.param(2)];
        const ifWanted = (values: number, body: () => void) => {
          f.get(wanted);
          f.i32(values);
          f.op("i32.ge_s");
          f.if(body);
        };
        ifWanted(lanes, () => {
          f.get(at);
          f.get(row);
          f.store("v128.store");
          f.return();
        });
        for (let lane = 0; lane < lanes - 1; lane++)
          ifWanted(lane + 1, () => {
            f.get(at);
            f.get(row);
            f.storeLane(elementBytes === 4 ? "v128.store32_lane" : "v128.store64_lane", lane, lane * elementBytes);
          });
      }),
    );
  }

  /** The words of one block: (key low, key high, seed2 low, seed2 high, counter) → v128. */
  get #oneBlock(): FunctionRef {
    const blocks = this.#fourBlocks;
    return this.#once("philoxBlock", (name) =>
      this.#module.defineFunction(name, BLOCK_PARAMETERS, ["v128"], (f) => {
        for (let i = 0; i < BLOCK_PARAMETERS.length; i++) f.get(f.param(i));
        f.call(blocks);
        for (let i = 0; i < 3; i++) f.drop();
      }),
    );
  }

  /** The words of four blocks in a row, as {@link writePhiloxBlocks}. */
  get #fourBlocks(): FunctionRef {
    return this.#once("philoxBlocks", (name) =>
      this.#module.defineFunction(name, BLOCK_PARAMETERS, ["v128", "v128", "v128", "v128"], writePhiloxBlocks),
    );
  }

  /** Four standard normals from the four words of a block, as core's `boxMuller32`. */
  get #normals32(): FunctionRef {
    const [log, sin, cos] = [this.#math.double("log"), this.#math.double("sin"), this.#math.double("cos")];
    return this.#once("boxMuller32", (name) =>
      this.#module.defineFunction(name, ["v128"], ["v128"], (f) => {
        const [uniform, angle, radius] = [f.local("v128"), f.local("f64"), f.local("f32")];
        f.get(f.param(0));
        uniforms32(f);
        f.set(uniform);
        for (const lane of [0, 2]) {
          f.get(uniform);
          f.lane("f32x4.extract_lane", lane);
          f.f32(1e-7);
          f.op("f32.max");
          f.op("f64.promote_f32");
          f.call(log);
          f.op("f32.demote_f64");
          f.f32(-2);
          f.op("f32.mul");
          f.op("f32.sqrt");
          f.set(radius);
          f.get(uniform);
          f.lane("f32x4.extract_lane", lane + 1);
          f.op("f64.promote_f32");
          f.f64(2 * Math.PI);
          f.op("f64.mul");
          f.op("f32.demote_f64");
          f.op("f64.promote_f32");
          f.set(angle);
          for (const [i, wave] of [sin, cos].entries()) {
            f.get(uniform);
            f.get(angle);
            f.call(wave);
            f.op("f32.demote_f64");
            f.get(radius);
            f.op("f32.mul");
            f.lane("f32x4.replace_lane", lane + i);
            f.set(uniform);
          }
        }
        f.get(uniform);
      }),
    );
  }

  /** Two standard normals from the four words of a block, as core's `boxMuller64`. */
  get #normals64(): FunctionRef {
    const [log, sin, cos] = [this.#math.double("log"), this.#math.double("sin"), this.#math.double("cos")];
    return this.#once("boxMuller64", (name) =>
      this.#module.defineFunction(name, ["v128"], ["v128"], (f) => {
        const [uniform, angle, radius] = [f.local("v128"), f.local("f64"), f.local("f64")];
        f.get(f.param(0));
        uniforms64(f);
        f.tee(uniform);
        f.lane("f64x2.extract_lane", 0);
        f.f64(1e-7);
        f.op("f64.max");
        f.call(log);
        f.f64(-2);
        f.op("f64.mul");
        f.op("f64.sqrt");
        f.set(radius);
        f.get(uniform);
        f.lane("f64x2.extract_lane", 1);
        f.f64(2 * Math.PI);
        f.op("f64.mul");
        f.set(angle);
        for (const [i, wave] of [sin, cos].entries()) {
          f.get(uniform);
          f.get(angle);
          f.call(wave);
          f.get(radius);
          f.op("f64.mul");
          f.lane("f64x2.replace_lane", i);
          f.set(uniform);
        }
        f.get(uniform);
      }),
    );
  }

  #once(name: string, define: (name: string) => FunctionRef): FunctionRef {
    const ref = this.#defined.get(name) ?? define(name);
    this.#defined.set(name, ref);
    return ref;
  }
}

// ---- words to values; each takes a block's words on the stack ----

/** Four float32 in [0, 1): the low 23 bits as the fraction of a number in [1, 2), minus 1. */
function uniforms32(f: FunctionBuilder): void {
  f.i32x4Splat(0x7fffff);
  f.op("v128.and");
  f.f32x4Splat(1);
  f.op("v128.or");
  f.f32x4Splat(1);
  f.op("f32x4.sub");
}

/** Two float64 in [0, 1), each from 20 bits of its first word above its second. */
function uniforms64(f: FunctionBuilder): void {
  const words = f.local("v128");
  f.tee(words);
  f.get(words);
  f.shuffle32([1, 0, 3, 2]);
  f.v128(new Uint32Array([0xffffffff, 0xfffff, 0xffffffff, 0xfffff]));
  f.op("v128.and");
  f.f64x2Splat(1);
  f.op("v128.or");
  f.f64x2Splat(1);
  f.op("f64x2.sub");
  f.freeLocal(words);
}

/** Four int32, low + word % range, of a fill whose parameters 2 and 3 are low and range. */
function integers(f: FunctionBuilder): void {
  const words = f.local("v128");
  f.set(words);
  for (let lane = 0; lane < 4; lane++) {
    f.get(words);
    f.get(words);
    f.lane("i32x4.extract_lane", lane);
    f.get(f.param(3));
    f.op("i32.rem_u");
    f.get(f.param(2));
    f.op("i32.add");
    f.lane("i32x4.replace_lane", lane);
    f.set(words);
  }
  f.get(words);
  f.freeLocal(words);
}

// ---- small pieces of code ----

/** The 64-bit counter from the last two of the state's words, which start at a parameter. */
function counterOf(f: FunctionBuilder, firstWord: number): Local {
  const counter = f.local("i64");
  f.get(f.param(firstWord + 4));
  f.op("i64.extend_i32_u");
  f.get(f.param(firstWord + 5));
  f.op("i64.extend_i32_u");
  f.i64(32n);
  f.op("i64.shl");
  f.op("i64.or");
  f.set(counter);
  return counter;
}

/** Pushes what the block functions take: key, seed2, counter. */
function pushKeyed(f: FunctionBuilder, firstWord: number, counter: Local): void {
  for (let i = 0; i < 4; i++) f.get(f.param(firstWord + i));
  f.get(counter);
}

function whilePositive(f: FunctionBuilder, variable: Local, body: () => void): void {
  f.block((done) => {
    f.loop((next) => {
      f.get(variable);
      f.i32(0);
      f.op("i32.le_s");
      f.brIf(done);
      body();
      f.br(next);
    });
  });
}

function addTo(f: FunctionBuilder, variable: Local, amount: number): void {
  f.get(variable);
  f.i32(amount);
  f.op("i32.add");
  f.set(variable);
}

function addToCounter(f: FunctionBuilder, counter: Local, blocks: number): void {
  f.get(counter);
  f.i64(BigInt(blocks));
  f.op("i64.add");
  f.set(counter);
}

function pushSmaller(f: FunctionBuilder, variable: Local, bound: number): void {
  f.get(variable);
  f.i32(bound);
  f.get(variable);
  f.i32(bound);
  f.op("i32.lt_s");
  f.select();
}

/** Appends one lane to the output if its magnitude is below 2 and values are still wanted. */
function keepLane(
  f: FunctionBuilder,
  elementBytes: 4 | 8,
  values: Local,
  lane: number,
  out: Local,
  wanted: Local,
): void {
  const single = elementBytes === 4;
  const pushValue = () => {
    f.get(values);
    f.lane(single ? "f32x4.extract_lane" : "f64x2.extract_lane", lane);
  };
  pushValue();
  f.op(single ? "f32.abs" : "f64.abs");
  if (single) f.f32(2);
  else f.f64(2);
  f.op(single ? "f32.lt" : "f64.lt");
  f.get(wanted);
  f.i32(0);
  f.op("i32.gt_s");
  f.op("i32.and");
  f.if(() => {
    f.get(out);
    pushValue();
    f.store(single ? "f32.store" : "f64.store");
    addTo(f, out, elementBytes);
    addTo(f, wanted, -1);
  });
}
