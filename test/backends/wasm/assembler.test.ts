/**
 * @file The assembler: encodings, every instruction accepted by the engine's validator with the operand
 * types its name implies, control flow, calls in any order, locals, errors and feature probes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { ByteWriter } from "../../../src/backends/wasm/assembler/byte-writer.js";
import {
  detectFeatures,
  type FunctionBuilder,
  type LoadLaneOpcode,
  type LoadOpcode,
  ModuleBuilder,
  type Opcode,
  type StoreLaneOpcode,
  type StoreOpcode,
  type ValType,
} from "../../../src/backends/wasm/assembler/index.js";
import {
  atomicOpcodes,
  laneLoads,
  laneOpcodes,
  laneStores,
  loads,
  opcodes,
  stores,
} from "../../../src/backends/wasm/assembler/opcodes.js";

type Export = (...args: (number | bigint)[]) => number;

/** Before the flag is set, so that the probe can be seen to change. */
const featuresAtStart = detectFeatures();
setFlagsFromString("--experimental-wasm-relaxed-simd");

function newModule(): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { initial: 1, maximum: 1, shared: true });
  return module;
}

function instantiate(module: ModuleBuilder, imports: Record<string, CallableFunction> = {}) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const compiled = new WebAssembly.Module(module.toBytes());
  const instance = new WebAssembly.Instance(compiled, { env: { memory, ...imports } });
  const call = (name: string): Export => {
    const exported = instance.exports[name];
    assert.ok(typeof exported === "function", name);
    return exported as Export;
  };
  return { memory, call };
}

/** Defines and runs one exported function. */
function evaluate(
  params: ValType[],
  results: ValType[],
  build: (f: FunctionBuilder) => void,
  ...args: (number | bigint)[]
): number {
  const module = newModule();
  module.exportFunction("main", module.defineFunction("main", params, results, build));
  return instantiate(module).call("main")(...args);
}

/** Pushes a zero of each type. */
function push(f: FunctionBuilder, types: readonly ValType[]): void {
  for (const type of types) {
    if (type === "i32") f.i32(0);
    else if (type === "i64") f.i64(0n);
    else if (type === "f32") f.f32(0);
    else if (type === "f64") f.f64(0);
    else f.v128(new Uint8Array(16));
  }
}

const scalarOf: Record<string, ValType> = {
  i8x16: "i32",
  i16x8: "i32",
  i32x4: "i32",
  i64x2: "i64",
  f32x4: "f32",
  f64x2: "f64",
};
const unary = /^(eqz|clz|ctz|popcnt|abs|neg|ceil|floor|trunc|nearest|sqrt|not|extend\d+_s)$/;
const compare = /^(eq|ne|lt|gt|le|ge)(_s|_u)?$/;

/** The signature that an instruction's text name implies. */
function signature(name: string): { params: ValType[]; result: ValType | undefined } {
  const [shape = "", action = ""] = name.split(".");
  if (action === "") return { params: [], result: undefined };
  if (!shape.includes("x") && shape !== "v128") {
    const type = shape as ValType;
    const conversion = /_(i32|i64|f32|f64)(_[su])?$/.exec(action);
    if (conversion !== null) return { params: [conversion[1] as ValType], result: type };
    if (action === "eqz") return { params: [type], result: "i32" };
    if (unary.test(action)) return { params: [type], result: type };
    return { params: [type, type], result: compare.test(action) ? "i32" : type };
  }
  if (action === "splat") return { params: [scalarOf[shape] ?? "i32"], result: "v128" };
  if (/^(any_true|all_true|bitmask)$/.test(action)) return { params: ["v128"], result: "i32" };
  if (/^sh[lr]/.test(action)) return { params: ["v128", "i32"], result: "v128" };
  if (/^(bitselect|relaxed_n?madd|relaxed_laneselect|relaxed_dot_i8x16_i7x16_add_s)$/.test(action))
    return { params: ["v128", "v128", "v128"], result: "v128" };
  if (unary.test(action) || /^(relaxed_trunc|trunc_sat|convert|promote|demote|extend|extadd)_/.test(action))
    return { params: ["v128"], result: "v128" };
  return { params: ["v128", "v128"], result: "v128" };
}

function assertValid(name: string, params: ValType[], result: ValType | undefined, emit: (f: FunctionBuilder) => void) {
  const module = newModule();
  module.defineFunction(name, [], [], (f) => {
    push(f, params);
    emit(f);
    if (result !== undefined) f.drop();
  });
  const bytes = module.toBytes();
  if (!WebAssembly.validate(bytes)) new WebAssembly.Module(bytes);
}

test("LEB128 and little-endian numbers are encoded as the specification's examples", () => {
  const w = new ByteWriter(1);
  w.u32(624485);
  w.s32(-123456);
  w.s32(64);
  w.u32(2 ** 32 - 1);
  w.s64(-(2n ** 63n));
  w.f32(-0);
  w.f64(1);
  const expected = "e58e26 c0bb78 c000 ffffffff0f 8080808080808080807f 00000080 000000000000f03f";
  assert.equal(Buffer.from(w.toBytes()).toString("hex"), expected.replaceAll(" ", ""));
});

test("a placeholder is filled in later, padded to five bytes", () => {
  const w = new ByteWriter();
  const position = w.placeholderU32();
  w.byte(0xaa);
  w.patchU32(position, 624485);
  assert.deepEqual([...w.toBytes()], [0xe5, 0x8e, 0xa6, 0x80, 0x00, 0xaa]);
});

test("every instruction without immediates validates with the types its name implies", () => {
  for (const name of opcodes.keys()) {
    const { params, result } = signature(name);
    assertValid(name, params, result, (f) => f.op(name as Opcode));
  }
});

test("instruction numbers are distinct within each prefix", () => {
  const all = [opcodes, loads, stores, laneLoads, laneStores, atomicOpcodes, laneOpcodes].flatMap((t) => [
    ...t.values(),
  ]);
  assert.equal(new Set(all.map(({ prefix, code }) => prefix * 0x1000 + code)).size, all.length);
});

test("every memory and lane instruction validates, naturally aligned", () => {
  const typeOf = (name: string): ValType => name.slice(0, name.indexOf(".")) as ValType;
  for (const name of loads.keys()) assertValid(name, ["i32"], typeOf(name), (f) => f.load(name as LoadOpcode, 300));
  for (const name of stores.keys())
    assertValid(name, ["i32", typeOf(name)], undefined, (f) => f.store(name as StoreOpcode, 300));
  for (const name of laneLoads.keys())
    assertValid(name, ["i32", "v128"], "v128", (f) => f.loadLane(name as LoadLaneOpcode, 1, 300));
  for (const name of laneStores.keys())
    assertValid(name, ["i32", "v128"], undefined, (f) => f.storeLane(name as StoreLaneOpcode, 1, 300));
  assertValid("lanes", ["v128"], "i32", (f) => {
    f.lane("i32x4.extract_lane", 3);
    f.op("i32x4.splat");
    f.i32(1);
    f.lane("i32x4.replace_lane", 3);
    f.f64(2);
    f.lane("f64x2.replace_lane", 1);
    f.lane("i32x4.extract_lane", 0);
  });
});

test("atomics validate and work", () => {
  assertValid("notify", ["i32", "i32"], "i32", (f) => f.atomic("memory.atomic.notify"));
  assertValid("wait32", ["i32", "i32", "i64"], "i32", (f) => f.atomic("memory.atomic.wait32"));
  assertValid("fence", [], undefined, (f) => f.atomicFence());
  const module = newModule();
  const add = module.defineFunction("add", ["i32"], ["i32"], (f) => {
    f.i32(64);
    f.get(f.param(0));
    f.atomic("i32.atomic.rmw.add", 8);
    f.drop();
    f.i32(64);
    f.atomic("i32.atomic.load", 8);
  });
  module.exportFunction("add", add);
  const { call, memory } = instantiate(module);
  call("add")(5);
  assert.equal(call("add")(7), 12);
  assert.equal(new Int32Array(memory.buffer)[18], 12);
});

test("constants arrive bit for bit", () => {
  assert.equal(
    evaluate([], ["i32"], (f) => f.i32(-(2 ** 31))),
    -(2 ** 31),
  );
  assert.equal(
    evaluate([], ["i32"], (f) => f.i32(0xffffffff)),
    -1,
  );
  assert.equal(
    evaluate([], ["i64"], (f) => f.i64(-(2n ** 40n))),
    -(2n ** 40n),
  );
  assert.equal(
    evaluate([], ["f32"], (f) => f.f32(0.1)),
    Math.fround(0.1),
  );
  assert.ok(
    Object.is(
      evaluate([], ["f64"], (f) => f.f64(-0)),
      -0,
    ),
  );
  for (let lane = 0; lane < 4; lane++) {
    const picked = evaluate([], ["i32"], (f) => {
      f.v128(new Int32Array([10, 20, 30, 40]));
      f.f32x4Splat(1);
      f.shuffle32([3, 2, 1, 4]);
      f.lane("i32x4.extract_lane", lane);
    });
    assert.equal(picked, [40, 30, 20, 0x3f800000][lane]);
  }
});

test("a loop with labels: the sum of 1 to n", () => {
  const sum = (n: number) =>
    evaluate(
      ["i32"],
      ["i32"],
      (f) => {
        const total = f.local("i32");
        f.block((done) => {
          f.loop((next) => {
            f.get(f.param(0));
            f.op("i32.eqz");
            f.brIf(done);
            f.get(total);
            f.get(f.param(0));
            f.op("i32.add");
            f.set(total);
            f.get(f.param(0));
            f.i32(1);
            f.op("i32.sub");
            f.set(f.param(0));
            f.br(next);
          });
        });
        f.get(total);
      },
      n,
    );
  assert.equal(sum(10), 55);
  assert.equal(sum(0), 0);
});

test("if with a result, branch tables by depth, select", () => {
  const choose = (n: number) =>
    evaluate(
      ["i32"],
      ["i32"],
      (f) => {
        f.block(() => {
          f.block(() => {
            f.get(f.param(0));
            f.brTable([0], 1);
          });
          f.i32(100);
          f.return();
        });
        f.get(f.param(0));
        f.i32(1);
        f.op("i32.eq");
        f.if(
          () => f.i32(200),
          () => f.i32(300),
          "i32",
        );
        f.i32(-1);
        f.i32(1);
        f.select();
      },
      n,
    );
  assert.equal(choose(0), 100);
  assert.equal(choose(1), 200);
});

test("branching out of the function by depth returns", () => {
  assert.equal(
    evaluate([], ["i32"], (f) => {
      f.i32(7);
      f.br(0);
    }),
    7,
  );
});

test("functions can be imported, declared and defined in any order, also inside one another", () => {
  const module = newModule();
  const twice = module.declareFunction("twice", ["f64"], ["f64"]);
  const main = module.defineFunction("main", ["f64"], ["f64"], (f) => {
    f.get(f.param(0));
    f.call(twice);
    const late = module.importFunction("env", "addTen", ["f64"], ["f64"]);
    f.call(late);
    const inner = module.defineFunction("inner", ["f64"], ["f64"], (g) => {
      g.get(g.param(0));
      g.op("f64.neg");
    });
    f.call(inner);
  });
  module.defineBody(twice, (f) => {
    f.get(f.param(0));
    f.get(f.param(0));
    f.op("f64.add");
  });
  const factorial = module.defineFunction("factorial", ["f64"], ["f64"], (f, self) => {
    f.get(f.param(0));
    f.f64(1);
    f.op("f64.gt");
    f.if(
      () => {
        f.get(f.param(0));
        f.get(f.param(0));
        f.f64(1);
        f.op("f64.sub");
        f.call(self);
        f.op("f64.mul");
      },
      () => f.f64(1),
      "f64",
    );
  });
  module.exportFunction("main", main);
  module.exportFunction("factorial", factorial);
  const { call } = instantiate(module, { addTen: (x: number) => x + 10 });
  assert.equal(call("main")(4), -18);
  assert.equal(call("factorial")(6), 720);
});

test("locals come from a pool and keep distinct types apart", () => {
  const module = newModule();
  module.defineFunction("main", ["i32"], [], (f) => {
    const a = f.local("i32");
    const b = f.local("v128");
    f.freeLocal(a);
    assert.equal(f.local("f32").index, 3);
    const again = f.local("i32");
    assert.equal(again.index, a.index);
    assert.throws(() => f.get(a), /local 1 \(i32\), which was freed/);
    f.get(again);
    f.set(f.param(0));
    f.get(b);
    f.drop();
  });
  assert.ok(WebAssembly.validate(module.toBytes()));
});

test("bulk memory: fill and copy", () => {
  const module = newModule();
  const main = module.defineFunction("main", [], [], (f) => {
    f.i32(16);
    f.i32(0xab);
    f.i32(4);
    f.memoryFill();
    f.i32(18);
    f.i32(16);
    f.i32(4);
    f.memoryCopy();
    f.memorySize();
    f.drop();
  });
  module.exportFunction("main", main);
  const { call, memory } = instantiate(module);
  call("main")();
  assert.deepEqual([...new Uint8Array(memory.buffer, 14, 10)], [0, 0, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0, 0]);
});

test("signatures are stored once, and thousands of functions assemble", () => {
  const module = newModule();
  let previous = module.defineFunction("f0", ["i32"], ["i32"], (f) => f.get(f.param(0)));
  for (let i = 1; i <= 3000; i++) {
    const callee = previous;
    previous = module.defineFunction(`f${i}`, ["i32"], ["i32"], (f) => {
      f.get(f.param(0));
      f.i32(1);
      f.op("i32.add");
      f.call(callee);
    });
  }
  module.exportFunction("main", previous);
  const bytes = module.toBytes();
  // Header, then the type section: id, length, one type of (i32) -> (i32).
  assert.deepEqual([...bytes.subarray(8, 16)], [1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f]);
  assert.equal(instantiate(module).call("main")(0), 3000);
});

test("debug names are off by default and readable when asked for", () => {
  const build = (module: ModuleBuilder) => {
    module.defineFunction("recognizable", [], [], (f) => f.op("nop"));
    return new WebAssembly.Module(module.toBytes());
  };
  assert.equal(WebAssembly.Module.customSections(build(new ModuleBuilder()), "name").length, 0);
  const [section] = WebAssembly.Module.customSections(build(new ModuleBuilder({ debugNames: true })), "name");
  assert.ok(section !== undefined && Buffer.from(section).includes("recognizable"));
});

test("misuse is reported with the function's name", () => {
  const inBody = (build: (f: FunctionBuilder) => void) => () =>
    newModule().defineFunction("kernel", ["i32"], [], build);
  assert.throws(
    inBody((f) => f.op("f32.fma" as Opcode)),
    /kernel: unknown instruction f32.fma/,
  );
  assert.throws(
    inBody((f) => f.param(1)),
    /kernel: has 1 parameters; there is no parameter 1/,
  );
  assert.throws(
    inBody((f) => f.freeLocal(f.param(0))),
    /cannot free its parameter/,
  );
  assert.throws(
    inBody((f) => f.i32(2 ** 32)),
    /i32 constant 4294967296/,
  );
  assert.throws(
    inBody((f) => f.lane("f32x4.extract_lane", 4)),
    /lane 4 of 4/,
  );
  assert.throws(
    inBody((f) => f.load("f32.load", -4)),
    /memory offset -4/,
  );
  assert.throws(
    inBody((f) => f.shuffle([0, 1])),
    /16 byte indices, not 2/,
  );
  assert.throws(
    inBody((f) => f.v128(new Float32Array(3))),
    /12 bytes; 16 are needed/,
  );
  assert.throws(
    inBody((f) => f.br(2)),
    /branches 2 blocks out of 0/,
  );
  assert.throws(
    inBody((f) => {
      f.block((closed) => f.loop(() => f.br(closed)));
      f.block((stale) => {
        f.block(() => f.br(stale));
      });
      let kept: Parameters<typeof f.br>[0] = 0;
      f.block((label) => {
        kept = label;
      });
      f.br(kept);
    }),
    /a block that is not open/,
  );
  assert.throws(
    inBody((f) => f.call(newModule().declareFunction("elsewhere", [], []))),
    /calls elsewhere, which belongs to another module/,
  );
});

test("a module says what is missing or twice there", () => {
  const module = newModule();
  const ref = module.declareFunction("later", [], []);
  assert.throws(() => module.toBytes(), /later: declared but never defined/);
  module.defineBody(ref, () => {});
  assert.throws(() => module.defineBody(ref, () => {}), /later: defined twice/);
  module.exportFunction("later", ref);
  assert.throws(() => module.exportFunction("later", ref), /two exports are called later/);
  assert.throws(() => module.importMemory("env", "other", { initial: 1 }), /memory is imported already/);
  assert.throws(
    () => new ModuleBuilder().importMemory("env", "memory", { initial: 1, shared: true }),
    /shared memory memory needs a maximum/,
  );
});

test("feature probes follow the engine's flags", () => {
  assert.equal(featuresAtStart.simd, true);
  assert.equal(featuresAtStart.threads, true);
  assert.equal(detectFeatures().relaxedSimd, true);
  // Newer engines have relaxed SIMD without a flag; Node 20 must see the difference.
  if (process.versions.node.startsWith("20.")) assert.equal(featuresAtStart.relaxedSimd, false);
});
