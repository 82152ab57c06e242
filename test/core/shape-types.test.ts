/**
 * @file Type tests of the shape arithmetic: results are asserted where this file compiles, the words
 * of a misuse and what an editor shows by running the compiler once on small programs.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { DType, NdArray, Shape } from "../../src/core/index.js";
import type * as shapes from "../../src/core/shape-types.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile unless every entry is `true`. */
type All<T extends readonly true[]> = T["length"];
type Unsure = number | null;

type BroadcastTests = All<
  [
    Equal<shapes.BroadcastShape<readonly [null, 784], readonly [784]>, readonly [null, 784]>,
    Equal<shapes.BroadcastShape<readonly [], readonly [2, 3]>, readonly [2, 3]>,
    Equal<shapes.BroadcastShape<readonly [5, 1, 3], readonly [4, 1]>, readonly [5, 4, 3]>,
    // an unknown dimension takes a known one above 1; against 1 it stays unknown
    Equal<shapes.BroadcastShape<readonly [null, number], readonly [7, 8]>, readonly [7, 8]>,
    Equal<shapes.BroadcastShape<readonly [null, number], readonly [1, 1]>, readonly [null, number]>,
    Equal<shapes.BroadcastShape<readonly [null, number], readonly [null, null]>, readonly [null, Unsure]>,
    Equal<
      shapes.BroadcastShape<readonly [3], readonly [4], "add">,
      "add: shapes [3] and [4] do not broadcast: 3 and 4 differ"
    >,
    Equal<
      shapes.BroadcastShape<readonly [null, 3, 2], readonly [4, 2], "mul">,
      "mul: shapes [?, 3, 2] and [4, 2] do not broadcast: 3 and 4 differ"
    >,
    // unknown ranks, unions, any and never are unknown, not wrong
    Equal<shapes.BroadcastShape<Shape, readonly [4]>, Shape>,
    Equal<shapes.BroadcastShape<readonly [null, ...number[]], readonly [4]>, Shape>,
    Equal<shapes.BroadcastShape<readonly [3] | readonly [5], readonly [4]>, Shape>,
    // biome-ignore lint/suspicious/noExplicitAny: that `any` does no harm is what is tested
    Equal<shapes.BroadcastShape<any, readonly [4]>, Shape>,
    Equal<shapes.BroadcastShape<never, readonly [4]>, Shape>,
    Equal<shapes.BroadcastShape<readonly [3 | 5], readonly [4]>, readonly [4]>,
    Equal<
      shapes.BroadcastShape<readonly [1, 2, 1, 4, 1, 6, 1, 8], readonly [9, 1, 3, 1, 5, 1, 7, 1]>,
      readonly [9, 2, 3, 4, 5, 6, 7, 8]
    >,
    Equal<shapes.MergeShape<readonly [null, 3], readonly [2, number]>, readonly [2, 3]>,
    Equal<shapes.MergeShape<readonly [null, null], readonly [number, null]>, readonly [number, null]>,
    Equal<shapes.MergeShape<Shape, readonly [2]>, readonly [2]>,
    Equal<
      shapes.MergeShape<readonly [2], readonly [2, 1], "assign">,
      "assign: shapes [2] and [2, 1] are not compatible: their ranks differ"
    >,
  ]
>;

type MatMulTests = All<
  [
    Equal<shapes.MatMulShape<readonly [null, 784], readonly [784, 64]>, readonly [null, 64]>,
    Equal<shapes.MatMulShape<readonly [784, 5], readonly [784, 64], true>, readonly [5, 64]>,
    Equal<shapes.MatMulShape<readonly [5, 784], readonly [64, 784], false, true>, readonly [5, 64]>,
    Equal<shapes.MatMulShape<readonly [5, 784], readonly [64, 784], false, boolean>, Shape>,
    Equal<shapes.MatMulShape<readonly [null, 8, 2, 3], readonly [4, null, 3, 5]>, readonly [4, 8, 2, 5]>,
    Equal<shapes.MatMulShape<readonly [5, null], readonly [7, number]>, readonly [5, number]>,
    Equal<shapes.MatMulShape<Shape, readonly [7, 3]>, Shape>,
    Equal<shapes.MatMulShape<readonly [null, 784], readonly [64, 10]>, "matmul: inner dimensions 784 and 64 differ">,
    Equal<
      shapes.MatMulShape<readonly [3], readonly [3, 2]>,
      "matmul: needs rank 2 or more, but the first operand is [3]"
    >,
    Equal<
      shapes.MatMulShape<readonly [2, 4, 3], readonly [5, 3, 1]>,
      "matmul: outer dimensions of [2, 4, 3] and [5, 3, 1] must be equal: 2 and 5 differ"
    >,
    Equal<
      shapes.MatMulShape<readonly [2, 4, 3], readonly [3, 1]>,
      "matmul: outer dimensions of [2, 4, 3] and [3, 1] must be equal: their ranks differ"
    >,
    Equal<shapes.DenseShape<readonly [null, 784], 64>, readonly [null, 64]>,
    Equal<shapes.DenseShape<readonly [null, 5, number], 64>, readonly [null, 5, 64]>,
    Equal<shapes.DenseShape<readonly [3, null], 64>, "dense: the last dimension of [3, ?] must be known">,
    Equal<shapes.DenseShape<readonly [3], 64>, "dense: needs rank 2 or more, but the input is [3]">,
    Equal<shapes.DenseShape<Shape, 64>, Shape>,
  ]
>;

type ReduceTests = All<
  [
    Equal<shapes.ReduceShape<readonly [null, 10]>, readonly []>,
    Equal<shapes.ReduceShape<Shape>, readonly []>,
    Equal<shapes.ReduceShape<Shape, 0>, Shape>,
    Equal<shapes.ReduceShape<readonly [null, 10], undefined, true>, readonly [1, 1]>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], 1>, readonly [2, 4]>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], readonly [0, -1]>, readonly [3]>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], readonly [0, -1], true>, readonly [1, 3, 1]>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], readonly []>, readonly [2, 3, 4]>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], number>, Shape>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], 0 | 1>, Shape>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], 0 | undefined>, Shape>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], number[]>, Shape>,
    Equal<shapes.ReduceShape<readonly [2, 3, 4], 0, boolean>, Shape>,
    Equal<shapes.ReduceShape<readonly [2], 1, false, "reduceSum">, "reduceSum: axis 1 is out of range for shape [2]">,
    Equal<shapes.ReduceShape<readonly [2], -2, false, "max">, "max: axis -2 is out of range for shape [2]">,
    Equal<shapes.ArgReduceShape<readonly [null, 10], 1>, readonly [null]>,
    Equal<shapes.ArgReduceShape<readonly [null, 10]>, readonly [10]>,
    Equal<shapes.ArgReduceShape<readonly []>, "argmax: axis 0 is out of range for shape []">,
  ]
>;

type ReshapeTests = All<
  [
    Equal<shapes.ReshapeShape<readonly [28, 28, 64], readonly [50176]>, readonly [50176]>,
    Equal<shapes.ReshapeShape<readonly [28, 28, 64], readonly [-1, 64]>, readonly [784, 64]>,
    Equal<shapes.ReshapeShape<readonly [9999991, 9999973], readonly [9999973, -1]>, readonly [9999973, 9999991]>,
    Equal<shapes.ReshapeShape<readonly [null, 784], readonly [-1, 28, 28, 1]>, readonly [null, 28, 28, 1]>,
    Equal<shapes.ReshapeShape<readonly [number, 784], readonly [-1, 28, 28, 1]>, readonly [number, 28, 28, 1]>,
    Equal<shapes.ReshapeShape<readonly [null, 784], readonly [10, 784]>, readonly [10, 784]>,
    // a number may turn out to be -1
    Equal<shapes.ReshapeShape<readonly [4, 6], readonly [number, 6]>, readonly [number, 6]>,
    Equal<shapes.ReshapeShape<readonly [null, 6], readonly [number, 6]>, readonly [Unsure, 6]>,
    Equal<shapes.ReshapeShape<Shape, readonly [-1, 6]>, readonly [Unsure, 6]>,
    Equal<shapes.ReshapeShape<readonly [4, 6], number[]>, Shape>,
    Equal<shapes.ReshapeShape<readonly [1], readonly []>, readonly []>,
    Equal<shapes.ReshapeShape<readonly [0, 5], readonly [5, 0]>, readonly [5, 0]>,
    Equal<shapes.ReshapeShape<readonly [0, 5], readonly [-1, 0]>, readonly [number, 0]>,
    Equal<
      shapes.ReshapeShape<readonly [28, 28], readonly [28, 27]>,
      "reshape: [28, 28] has 784 elements and [28, 27] has 756"
    >,
    Equal<
      shapes.ReshapeShape<readonly [28, 28], readonly [-1, 100]>,
      "reshape: the 784 elements of [28, 28] are not a multiple of 100, as [-1, 100] needs"
    >,
    Equal<
      shapes.ReshapeShape<readonly [null, 784], readonly [10, 10]>,
      "reshape: the 100 elements of [10, 10] are not a multiple of the 784 known of [?, 784]"
    >,
    Equal<shapes.ReshapeShape<readonly [4], readonly [-1, -1]>, "reshape: only one dimension of [-1, -1] may be -1">,
    // past 2^53 the comparison is left to the run
    Equal<
      shapes.ReshapeShape<readonly [99999999, 99999999, 99], readonly [7, 99999999, 99999999]>,
      readonly [7, 99999999, 99999999]
    >,
    Equal<shapes.FlattenShape<readonly [null, 7, 7, 64]>, readonly [null, 3136]>,
    Equal<shapes.FlattenShape<readonly [32, 7, null]>, readonly [32, null]>,
    Equal<shapes.FlattenShape<readonly [32, 7, number]>, readonly [32, number]>,
    Equal<shapes.FlattenShape<readonly [32]>, readonly [32, 1]>,
  ]
>;

type MovementTests = All<
  [
    Equal<shapes.TransposeShape<readonly [1, 2, null]>, readonly [null, 2, 1]>,
    Equal<shapes.TransposeShape<readonly [1, 2, null], readonly [1, 2, 0]>, readonly [2, null, 1]>,
    Equal<shapes.TransposeShape<readonly [1, 2], readonly number[]>, Shape>,
    Equal<
      shapes.TransposeShape<readonly [1, 2], readonly [0, 0]>,
      "transpose: [0, 0] is not a permutation of the axes of [1, 2]"
    >,
    Equal<
      shapes.TransposeShape<readonly [1, 2], readonly [0]>,
      "transpose: [0] is not a permutation of the axes of [1, 2]"
    >,
    Equal<shapes.ConcatShape<[readonly [null, 3], readonly [null, 4]], 1>, readonly [null, 7]>,
    Equal<shapes.ConcatShape<[readonly [2, 3], readonly [null, 3], readonly [5, 3]], 0>, readonly [null, 3]>,
    Equal<shapes.ConcatShape<[readonly [2, 3], readonly [number, 3]], -2>, readonly [number, 3]>,
    Equal<shapes.ConcatShape<[readonly [2, 3], Shape], 0>, Shape>,
    Equal<shapes.ConcatShape<(readonly [2, 3])[], 0>, Shape>,
    Equal<
      shapes.ConcatShape<[readonly [2, 3], readonly [2, 4]], 0>,
      "concat: shapes [2, 3] and [2, 4] do not join along axis 0: 3 and 4 differ"
    >,
    Equal<shapes.ConcatShape<[readonly [2]], 1>, "concat: axis 1 is out of range for shape [2]">,
    Equal<shapes.StackShape<[readonly [null, 3], readonly [2, 3]]>, readonly [2, 2, 3]>,
    Equal<shapes.StackShape<[readonly [4], readonly [4], readonly [4]], -1>, readonly [4, 3]>,
    Equal<shapes.StackShape<[readonly [4], readonly [5]]>, "stack: shapes [4] and [5] must be equal: 4 and 5 differ">,
    Equal<shapes.ExpandDimsShape<readonly [2, 3], 0>, readonly [1, 2, 3]>,
    Equal<shapes.ExpandDimsShape<readonly [2, 3], -1>, readonly [2, 3, 1]>,
    Equal<shapes.ExpandDimsShape<readonly [2, 3], 3>, "expandDims: axis 3 is out of range for shape [2, 3]">,
    Equal<shapes.SqueezeShape<readonly [1, 3, 1]>, readonly [3]>,
    Equal<shapes.SqueezeShape<readonly [1, null]>, Shape>,
    Equal<shapes.SqueezeShape<readonly [1, null, 1], readonly [1, -1]>, readonly [1]>,
    Equal<shapes.SqueezeShape<readonly [1, 28], 1>, "squeeze: axis 1 has extent 28, not 1">,
    Equal<shapes.OneHotShape<readonly [null], 10>, readonly [null, 10]>,
    Equal<shapes.OneHotShape<readonly [null], 10, 0>, readonly [10, null]>,
    Equal<shapes.GatherShape<readonly [1000, 64], readonly [null, 5]>, readonly [null, 5, 64]>,
    Equal<shapes.GatherShape<readonly [1000, 64], readonly [], 1>, readonly [1000]>,
    Equal<shapes.SplitShape<readonly [null, 12], 3, 1>, readonly [null, 4]>,
    Equal<
      shapes.SplitShape<readonly [null, 10], 3, 1>,
      "split: the extent 10 of axis 1 of [?, 10] does not divide into 3"
    >,
    Equal<shapes.SliceShape<readonly [null, 10], readonly [0, 2], readonly [-1, 5]>, readonly [null, 5]>,
    Equal<shapes.SliceShape<readonly [4, 10], readonly [1, 2], readonly [-1, number]>, readonly [3, number]>,
    Equal<
      shapes.SliceShape<readonly [4], readonly [2], readonly [3]>,
      "slice of [4]: 2 and 3 are outside the extent 4"
    >,
  ]
>;

type WindowTests = All<
  [
    Equal<
      shapes.Conv2dShape<readonly [null, 28, 28, 1], readonly [5, 5, 1, 32], 1, "SAME">,
      readonly [null, 28, 28, 32]
    >,
    Equal<
      shapes.Conv2dShape<readonly [null, 28, 29, 1], readonly [5, 3, 1, 32], readonly [1, 2, 2, 1], "VALID">,
      readonly [null, 12, 14, 32]
    >,
    Equal<
      shapes.Conv2dShape<readonly [null, null, number, 1], readonly [5, 3, null, 32]>,
      readonly [null, null, number, 32]
    >,
    Equal<
      shapes.Conv2dShape<readonly [8, 28, 28, 1], readonly [5, 5, 1, 32], 2, string>,
      readonly [8, number, number, 32]
    >,
    Equal<shapes.Conv2dShape<Shape, readonly [5, 5, 1, 32]>, Shape>,
    Equal<
      shapes.Conv2dShape<readonly [8, 28, 28, 3], readonly [5, 5, 1, 32]>,
      "conv2d: the input [8, 28, 28, 3] has 3 channels and the filter [5, 5, 1, 32] takes 1"
    >,
    Equal<
      shapes.Conv2dShape<readonly [8, 4, 28, 1], readonly [5, 5, 1, 32]>,
      "conv2d: the window [5, 5] is larger than the input [8, 4, 28, 1]"
    >,
    Equal<
      shapes.Conv2dShape<readonly [null, 784], readonly [5, 5, 1, 32]>,
      "conv2d: needs an input [batch, height, width, channels], not [?, 784]"
    >,
    Equal<shapes.Conv2dLayerShape<readonly [null, 28, 28, 1], 32, 5>, readonly [null, 24, 24, 32]>,
    Equal<
      shapes.Conv2dLayerShape<readonly [null, 28, 28, 1], 32, readonly [3, 5], 2, "same">,
      readonly [null, 14, 14, 32]
    >,
    Equal<shapes.PoolShape<readonly [null, 28, 28, 32], 2>, readonly [null, 14, 14, 32]>,
    Equal<
      shapes.PoolShape<readonly [null, 7, 7, 64], readonly [1, 2, 2, 1], readonly [1, 2, 2, 1], "SAME">,
      readonly [null, 4, 4, 64]
    >,
    Equal<shapes.PoolShape<readonly [null, 7, 7, 64], 3, 2>, readonly [null, 3, 3, 64]>,
  ]
>;

type LossTests = All<
  [
    Equal<shapes.CrossEntropyShape<readonly [null, 10], readonly [64, number]>, readonly [64]>,
    Equal<shapes.CrossEntropyShape<Shape, readonly [64, 10]>, readonly [64]>,
    Equal<
      shapes.CrossEntropyShape<readonly [null, 10], readonly [null, 9]>,
      "softmaxCrossEntropyWithLogits: logits [?, 10] and labels [?, 9] must have the same shape: 10 and 9 differ"
    >,
    Equal<shapes.SparseCrossEntropyShape<readonly [null, 10], readonly [64]>, readonly [64]>,
    Equal<
      shapes.SparseCrossEntropyShape<readonly [null, 10], readonly [null, 10], "sparse">,
      "sparse: logits without the class axis [?] and labels [?, 10] must have the same shape: their ranks differ"
    >,
  ]
>;

type ValueTests = All<
  [
    Equal<shapes.ValueShape<number>, readonly []>,
    Equal<shapes.ValueShape<readonly [readonly [1, 2, 3], readonly [4, 5, 6]]>, readonly [2, 3]>,
    Equal<shapes.ValueShape<number[][]>, readonly [number, number]>,
    Equal<shapes.ValueShape<Float32Array>, readonly [number]>,
    Equal<shapes.ValueShape<NdArray<"float32", readonly [2, 5]>>, readonly [2, 5]>,
    // ragged: left to the run
    Equal<shapes.BroadcastShape<shapes.ValueShape<readonly [readonly [1], readonly [1, 2]]>, readonly [9]>, Shape>,
    Equal<shapes.Concrete<readonly [null, 64, number]>, readonly [number, 64, number]>,
    Equal<shapes.Concrete<Shape>, readonly number[]>,
    Equal<shapes.Fetched<"float32", readonly []>, number>,
    Equal<shapes.Fetched<"bool", readonly []>, boolean>,
    Equal<shapes.Fetched<"float32", readonly [null, 10]>, NdArray<"float32", readonly [number, 10]>>,
    Equal<shapes.Fetched<"int32", Shape>, NdArray<"int32">>,
    Equal<shapes.DTypeClash<"float32", "int32", "add">, "add: dtypes float32 and int32 differ">,
    Equal<shapes.DTypeClash<"float32", DType, "add">, never>,
    Equal<shapes.CommonDType<DType, "int32">, "int32">,
    Equal<shapes.Checked<string, "a message">, "a message">,
    Equal<shapes.Checked<string, Shape>, string>,
    Equal<shapes.Ok<"a message">, Shape>,
  ]
>;

/** The counts make sure that no table above is empty or skipped. */
const checks: readonly [
  BroadcastTests,
  MatMulTests,
  ReduceTests,
  ReshapeTests,
  MovementTests,
  WindowTests,
  LossTests,
  ValueTests,
] = [19, 16, 18, 22, 31, 13, 5, 18];

test("the type tables compile with every assertion in them", () => {
  assert.equal(
    checks.reduce((a: number, b) => a + b, 0),
    142,
  );
});

const root = fileURLToPath(new URL("../../../", import.meta.url));

const preamble = `import * as tf from ${JSON.stringify(join(root, "test/core/shape-types/stand-in.js"))};
const x = tf.placeholder("float32", [null, 784]);
const labels = tf.placeholder("float32", [null, 9]);
const counts = tf.placeholder("int32", [784]);
const vector = tf.placeholder("float32", [784]);
const W1 = new tf.Variable(tf.placeholder("float32", [784, 64]));
const W2 = tf.placeholder("float32", [64, 10]);
declare const plain: tf.Tensor, n: number, axes: number[];
`;

/** Expressions and what the compiler says about each: one message, in one line. */
const misuses: readonly (readonly [expression: string, message: string])[] = [
  ["tf.matmul(x, W2)", '"matmul: inner dimensions 784 and 64 differ"'],
  ["x.matmul(W2)", '"matmul: inner dimensions 784 and 64 differ"'],
  ["tf.matmul(x, W1, { transposeB: true })", '"matmul: inner dimensions 784 and 64 differ"'],
  ["W1.matmul(vector)", '"matmul: needs rank 2 or more, but the second operand is [784]"'],
  ["tf.add(x, counts)", '"add: dtypes float32 and int32 differ"'],
  ["x.add([1, 2, 3])", '"add: shapes [?, 784] and [3] do not broadcast: 784 and 3 differ"'],
  ["tf.add([[1, 2], [3, 4]], x)", '"add: shapes [2, 2] and [?, 784] do not broadcast: 2 and 784 differ"'],
  ["W1.reshape([784, 65])", '"reshape: [784, 64] has 50176 elements and [784, 65] has 50960"'],
  ["tf.reduceMean(x, 2)", '"reduceMean: axis 2 is out of range for shape [?, 784]"'],
  ["tf.reduceMean(x, { axis: [0, -3] })", '"reduceMean: axis -3 is out of range for shape [?, 784]"'],
  ["tf.reduceMean(x, { axis: 1, keepdims: true })", '"reduceMean: there is no option keepdims"'],
  ["tf.transpose(x, [1, 1])", '"transpose: [1, 1] is not a permutation of the axes of [?, 784]"'],
  ["tf.concat([x, labels], 0)", '"concat: shapes [?, 784] and [?, 9] do not join along axis 0: 784 and 9 differ"'],
  ['tf.dense(tf.placeholder("float32", [3, null]), 10)', '"dense: the last dimension of [3, ?] must be known"'],
  [
    "tf.softmaxCrossEntropyWithLogits({ logits: x, labels })",
    '"softmaxCrossEntropyWithLogits: logits [?, 784] and labels [?, 9] must have the same shape: 784 and 9 differ"',
  ],
];

/** Expressions that compile, and the type an editor shows for each. */
const uses: readonly (readonly [expression: string, type: string])[] = [
  ["x.matmul(W1)", 'tf.Tensor<"float32", readonly [null, 64]>'],
  ["tf.matmul(x, x, { transposeA: true })", 'tf.Tensor<"float32", readonly [784, 784]>'],
  ['x.matmul(W1).add(tf.placeholder("float32", [64])).sigmoid()', 'tf.Tensor<"float32", readonly [null, 64]>'],
  ["x.add(1)", 'tf.Tensor<"float32", readonly [null, 784]>'],
  ["tf.add(1, W1)", 'tf.Tensor<"float32", readonly [784, 64]>'],
  ["tf.add(x, [[1], [2]])", 'tf.Tensor<"float32", readonly [2, 784]>'],
  ["tf.add(plain, x).dtype", '"float32"'],
  ["x.reshape([-1, 28, 28, 1])", 'tf.Tensor<"float32", readonly [null, 28, 28, 1]>'],
  ["tf.reduceMean(x)", 'tf.Tensor<"float32", readonly []>'],
  ["tf.reduceMean(x, 1)", 'tf.Tensor<"float32", readonly [null]>'],
  ["tf.reduceMean(x, { axis: 1, keepDims: true })", 'tf.Tensor<"float32", readonly [null, 1]>'],
  ["tf.reduceMean(x, { keepDims: true })", 'tf.Tensor<"float32", readonly [1, 1]>'],
  ["tf.transpose(x)", 'tf.Tensor<"float32", readonly [784, null]>'],
  ["tf.concat([x, labels], 1)", 'tf.Tensor<"float32", readonly [null, 793]>'],
  ["tf.dense(x, 10)", 'tf.Tensor<"float32", readonly [null, 10]>'],
  ["tf.dense(x, n)", 'tf.Tensor<"float32", readonly [null, number]>'],
  ["tf.run(tf.reduceMean(x))", "Promise<number>"],
];

/** Programs of unknown ranks, axes and dimensions: none may be rejected. */
const tolerated: readonly string[] = [
  "tf.matmul(x, plain)",
  "plain.matmul(W2)",
  "plain.matmul(plain)",
  "plain.add(x).add(1).reshape([3, -1])",
  "tf.reduceMean(x, n)",
  "tf.reduceMean(x, { axis: axes })",
  "tf.transpose(plain, [1, 0])",
  "tf.transpose(x, axes)",
  "tf.concat([x, plain], 0)",
  "tf.concat([x, labels] as tf.Tensor[], n)",
  "tf.dense(plain, 3)",
  "x.reshape([n, 784])",
  // every tensor and variable is a plain tensor
  "[x, labels, counts, W1, W2].map((tensor: tf.Tensor) => tensor.dtype)",
  "[x, W1, plain] satisfies tf.Tensor[]",
  'x satisfies tf.Tensor<"float32">',
  'W1 satisfies tf.Tensor<"float32", readonly [number | null, 64]>',
  "W1 satisfies tf.Variable",
  "W1.assign(W2)",
];

test("misuse gives one readable message, use shows readable types, the unknown is tolerated", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shape-types-"));
  try {
    const expressions = [...misuses, ...uses, ...tolerated.map((expression) => [expression] as const)];
    const lines = expressions.map(([expression], i) => `export const e${i} = ${expression};`);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    await writeFile(join(folder, "program.ts"), `${preamble}${lines.join("\n")}\n`);
    const options = ["--strict", "--module", "nodenext", "--target", "es2022", "--noErrorTruncation"];
    const nodeTypes = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const output = await promisify(execFile)(
      process.execPath,
      [
        join(root, "node_modules/typescript/bin/tsc"),
        ...options,
        ...nodeTypes,
        ...[
          "--skipLibCheck",
          "--declaration",
          "--emitDeclarationOnly",
          "--rootDir",
          "/",
          "--outDir",
          join(folder, "out"),
        ],
        ...["--pretty", "false", join(folder, "program.ts")],
      ],
      { cwd: folder },
    ).then(
      ({ stdout }) => stdout.trimEnd(),
      (failure: { stdout?: string }) => (failure.stdout ?? String(failure)).trimEnd(),
    );

    const offset = preamble.split("\n").length;
    // a message's further lines are indented; the library's own files are compiled elsewhere
    const said = output.split(/\n(?! )/).filter((entry) => entry.startsWith("program.ts("));
    misuses.forEach(([expression, message], i) => {
      const mine = said.filter((entry) => entry.startsWith(`program.ts(${i + offset},`));
      assert.equal(mine.length, 1, `${expression} gives:\n${mine.join("\n")}`);
      assert.match(mine[0] ?? "", /^[^\n]*(Argument of type|error TS2322: Type)[^\n]*$/, "one line");
      assert.ok(mine[0]?.endsWith(`type '${message}'.`), `${expression} gives:\n${mine[0]}`);
    });
    assert.equal(said.length, misuses.length, `nothing but the misuses is reported:\n${output}`);

    const declarations = await readFile(join(folder, "out", folder, "program.d.ts"), "utf8");
    uses.forEach(([expression, type], i) => {
      const shown = new RegExp(`const e${i + misuses.length}: (.*);`).exec(declarations)?.[1];
      assert.equal(shown, type, expression);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
