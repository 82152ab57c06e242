/** @file Loops and branches around programs, on every backend. All numbers are whole, so results are exact. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Executable } from "../../src/backends/backend.js";
import { InvalidArgumentError, NdArray, type NumericDType } from "../../src/core/index.js";
import type { Program } from "../../src/ir/index.js";
import { ErrorBoundsDevice } from "../fuzz/error-bounds.js";
import { openDevices } from "./agreement.js";
import { floats, loop, makeProgram, ProgramMaker } from "./program-maker.js";

const devices = { ...openDevices, "the reference": () => new ErrorBoundsDevice() };

/** The outputs as nested arrays, of several runs one after the other. */
function onEveryDevice(
  name: string,
  program: () => Program,
  runs: readonly { readonly feeds: readonly NdArray<NumericDType>[]; readonly gives: readonly unknown[] }[],
): void {
  describe(name, () => {
    for (const [deviceName, open] of Object.entries(devices))
      test(`on ${deviceName}`, async () => {
        const device = open();
        try {
          const executable: Executable = await device.compile(program());
          for (const { feeds, gives } of runs)
            assert.deepEqual(
              executable.run(feeds).map((output) => output.toArray()),
              gives,
            );
        } finally {
          device.close();
        }
      });
  });
}

/** Adds the slice to the carried sum and returns what it was before. */
const addRow = (shape: readonly number[]): Program =>
  makeProgram((p) => {
    const row = p.feed(shape);
    const sum = p.carried(0, shape);
    p.update("carried:0", p.add(sum, row));
    return [p.map(shape, () => p.at(sum))];
  });

const rows = floats([
  [1, 2, 3],
  [10, 20, 30],
  [100, 200, 300],
]);

for (const reverse of [false, true])
  onEveryDevice(`a loop over rows, ${reverse ? "last" : "first"} row first, stacks what each step returns`, () => {
    const p = new ProgramMaker();
    const [all, start] = [p.feed([3, 3]), p.feed([3])];
    const block = loop({ steps: 3, body: addRow([3]), reverse, carried: [start.id], sliced: [all.id] });
    return p.program(p.result(block, 0, [3]), p.result(block, 1, [3, 3]));
  }, [
    {
      feeds: [rows, floats([0, 0, 5])],
      gives: reverse
        ? [
            [111, 222, 338],
            [
              [110, 220, 335],
              [100, 200, 305],
              [0, 0, 5],
            ],
          ]
        : [
            [111, 222, 338],
            [
              [0, 0, 5],
              [1, 2, 8],
              [11, 22, 38],
            ],
          ],
    },
  ]);

onEveryDevice("a loop that exchanges what it carries", () => {
  const p = new ProgramMaker();
  const [a, b] = [p.feed([2]), p.feed([2])];
  const body = makeProgram((q) => {
    const [x, y] = [q.carried(0, [2]), q.carried(1, [2])];
    q.update("carried:0", y);
    q.update("carried:1", x);
    return [];
  });
  const odd = loop({ steps: 3, body, carried: [a.id, b.id] });
  const even = loop({ steps: 4, body, carried: [a.id, b.id] });
  return p.program(p.result(odd, 0, [2]), p.result(odd, 1, [2]), p.result(even, 0, [2]));
}, [
  {
    feeds: [floats([1, 2]), floats([3, 4])],
    gives: [
      [3, 4],
      [1, 2],
      [1, 2],
    ],
  },
]);

onEveryDevice("a loop that turns what it carries round, which cannot happen in place", () => {
  const p = new ProgramMaker();
  const start = p.feed([4]);
  const body = makeProgram((q) => {
    const x = q.carried(0, [4]);
    q.update(
      "carried:0",
      q.map([4], ([i]) => q.at(x, [q.e.floorMod(q.e.add(i as never, q.e.index(1)), q.e.index(4))])),
    );
    return [];
  });
  return p.program(p.result(loop({ steps: 3, body, carried: [start.id] }), 0, [4]));
}, [{ feeds: [floats([1, 2, 3, 4])], gives: [[4, 1, 2, 3]] }]);

/** Doubles the carried number as long as it is below the invariant limit. */
function doublingBelow(p: ProgramMaker, steps: number | null) {
  const [start, limit] = [p.feed([]), p.feed([])];
  const condition = makeProgram((q) => {
    const bound = q.feed([]);
    return [q.map([], () => q.e.lt(q.at(q.carried(0, [])), q.at(bound)))];
  });
  const body = makeProgram((q) => {
    q.feed([]);
    const x = q.carried(0, []);
    q.update("carried:0", q.add(x, x));
    return steps === null ? [] : [q.map([], () => q.at(x))];
  });
  return loop({ steps, condition, body, carried: [start.id], invariant: [limit.id] });
}

onEveryDevice("a loop that runs while a condition holds, perhaps never", () => {
  const p = new ProgramMaker();
  return p.program(p.result(doublingBelow(p, null), 0, []));
}, [
  { feeds: [floats(1), floats(100)], gives: [128] },
  { feeds: [floats(200), floats(100)], gives: [200] },
]);

onEveryDevice("rows of steps that did not run are zero, also where an earlier run left something", () => {
  const p = new ProgramMaker();
  const block = doublingBelow(p, 6);
  return p.program(p.result(block, 0, []), p.result(block, 1, [6]));
}, [
  { feeds: [floats(1), floats(1000)], gives: [64, [1, 2, 4, 8, 16, 32]] },
  { feeds: [floats(1), floats(8)], gives: [8, [1, 2, 4, 0, 0, 0]] },
  { feeds: [floats(9), floats(8)], gives: [9, [0, 0, 0, 0, 0, 0]] },
]);

for (const reverse of [false, true])
  onEveryDevice(
    `a count computed by the program bounds the steps${reverse ? ", and where a loop backwards begins" : ""}`,
    () => {
      const p = new ProgramMaker();
      const [all, start, count] = [p.feed([3, 3]), p.feed([3]), p.feed([], "int32")];
      const block = loop({
        steps: 3,
        count: count.id,
        body: addRow([3]),
        reverse,
        carried: [start.id],
        sliced: [all.id],
      });
      return p.program(p.result(block, 0, [3]));
    },
    [0, 1, 2, 3].map((count) => ({
      feeds: [rows, floats([0, 0, 0]), NdArray.from(count, "int32") as NdArray<NumericDType>],
      gives: [
        [
          [0, 0, 0],
          [1, 2, 3],
          [11, 22, 33],
          [111, 222, 333],
        ][count],
      ],
    })),
  );

onEveryDevice("a loop over no rows", () => {
  const p = new ProgramMaker();
  const [all, start] = [p.feed([0, 3]), p.feed([3])];
  const block = loop({ steps: 0, body: addRow([3]), carried: [start.id], sliced: [all.id] });
  return p.program(p.result(block, 0, [3]), p.result(block, 1, [0, 3]));
}, [{ feeds: [NdArray.zeros("float32", [0, 3]) as NdArray<NumericDType>, floats([1, 2, 3])], gives: [[1, 2, 3], []] }]);

onEveryDevice("a loop in a loop: each outer step sums all rows onto what it carries", () => {
  const inner = (q: ProgramMaker) => {
    const all = q.feed([3, 3]);
    const sum = q.carried(0, [3]);
    const block = loop({ steps: 3, body: addRow([3]), carried: [sum.id], sliced: [all.id] });
    const [last, stack] = [q.result(block, 0, [3]), q.result(block, 1, [3, 3])];
    q.update("carried:0", last);
    return [q.reduce("max", stack)];
  };
  const p = new ProgramMaker();
  const [all, start] = [p.feed([3, 3]), p.feed([3])];
  const block = loop({ steps: 2, body: makeProgram(inner), carried: [start.id], invariant: [all.id] });
  return p.program(p.result(block, 0, [3]), p.result(block, 1, [2]));
}, [
  {
    feeds: [rows, floats([0, 0, 0])],
    gives: [
      [222, 444, 666],
      [33, 366],
    ],
  },
]);

const branch = (): Program => {
  const p = new ProgramMaker();
  const [holds, x] = [p.feed([], "bool"), p.feed([3])];
  const scaled = (factor: number) =>
    makeProgram((q) => {
      const y = q.feed([3]);
      return [q.map([3], () => q.e.mul(q.at(y), q.e.constant(factor, "float32"))), y];
    });
  const block = {
    kind: "branch" as const,
    condition: holds.id,
    whenTrue: scaled(10),
    whenFalse: scaled(-1),
    invariant: [x.id],
  };
  return p.program(p.result(block, 0, [3]), p.result(block, 1, [3]));
};
const bool = (value: boolean): NdArray<NumericDType> => NdArray.from(value) as NdArray<NumericDType>;
onEveryDevice("a branch runs one of two programs, which may return what they were given", branch, [
  {
    feeds: [bool(true), floats([1, 2, 3])],
    gives: [
      [10, 20, 30],
      [1, 2, 3],
    ],
  },
  {
    feeds: [bool(false), floats([1, 2, 3])],
    gives: [
      [-1, -2, -3],
      [1, 2, 3],
    ],
  },
]);

describe("a check inside a loop fails the run and leaves variables as they were", () => {
  for (const [name, open] of Object.entries(devices))
    test(`on ${name}`, async () => {
      const body = makeProgram((q) => {
        const x = q.feed([]);
        const sum = q.carried(0, []);
        const flag = q.map([], () => q.e.lt(q.at(x), q.e.constant(0, "float32")));
        const seen = q.map([], () => q.at(x));
        q.check({
          flag: flag.id,
          details: [seen.id],
          error: ([value]) => new InvalidArgumentError(`row ${value?.item()} is negative`),
        });
        q.update("carried:0", q.add(sum, x));
        return [];
      });
      const p = new ProgramMaker();
      const [all, start] = [p.feed([3]), p.feed([])];
      const total = p.result(loop({ steps: 3, body, carried: [start.id], sliced: [all.id] }), 0, []);
      p.update("total", total);
      const device = open();
      const executable = await device.compile(p.program(total));
      assert.deepEqual(
        executable.run([floats([1, 2, 3]), floats(0)]).map((o) => o.toArray()),
        [6],
      );
      assert.throws(() => executable.run([floats([1, -2, 3]), floats(0)]), /row -2 is negative/);
      assert.equal(device.readVariable("total")?.item(), 6);
      device.close();
    });
});

describe("a loop that carries one value in two places", () => {
  for (const [name, open] of Object.entries(devices))
    test(`on ${name}`, async () => {
      const body = makeProgram((q) => {
        const [x, y] = [q.carried(0, [2]), q.carried(1, [2])];
        q.update("carried:0", q.add(x, y));
        q.update("carried:1", x);
        return [];
      });
      const p = new ProgramMaker();
      const start = p.feed([2]);
      const block = loop({ steps: 5, body, carried: [start.id, start.id] });
      const device = open();
      const executable = await device.compile(p.program(p.result(block, 0, [2]), start, p.result(block, 1, [2])));
      // Fibonacci's numbers.
      assert.deepEqual(
        executable.run([floats([1, 10])]).map((o) => o.toArray()),
        [
          [13, 130],
          [1, 10],
          [8, 80],
        ],
      );
      device.close();
    });
});
