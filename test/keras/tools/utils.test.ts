/** @file Labels, rows, sequences and texts, against values of Keras 3.12 (the tokenizer's: of its Keras 2 legacy). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, FailedPreconditionError, NdArray } from "../../../src/core/index.js";
import { mnist } from "../../../src/datasets/keras.js";
import { padSequences, Tokenizer, textToWordSequence } from "../../../src/keras/preprocessing/index.js";
import { normalize, toCategorical, toOrdinal } from "../../../src/keras/utils/index.js";

/** float32 has 24 bits: quotients of small numbers agree to 1e-6. */
function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(Number(actual[i]) - value) < 1e-6, `${i}: ${actual[i]} is not ${value}`);
  });
}

test("labels as one-hot rows keep their shape, less a last axis of 1", () => {
  assert.deepEqual(toCategorical([[1], [0], [2]]).toArray(), [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ]);
  assert.deepEqual(
    toCategorical(
      [
        [1, 0],
        [2, 1],
      ],
      4,
    ).shape,
    [2, 2, 4],
  );
  assert.deepEqual(toCategorical(new Uint8Array([1]), 2).toArray(), [[0, 1]]);
  for (const [labels, classes] of [
    [[3], 3],
    [[-1], 3],
    [[0.5], 3],
    [[], undefined],
  ] as const)
    assert.throws(() => toCategorical(NdArray.from([...labels], "float32"), classes), ArgumentError);
});

test("labels as steps", () => {
  assert.deepEqual(toOrdinal([2, 0, 3]).toArray(), [
    [1, 1, 0],
    [0, 0, 0],
    [1, 1, 1],
  ]);
});

test("rows divided by their norm; a norm of 0 leaves zeros", () => {
  const x = [
    [3, 4],
    [0, 0],
    [1, -1],
  ];
  close(normalize(x).data, [0.6, 0.8, 0, 0, Math.SQRT1_2, -Math.SQRT1_2]);
  close(normalize(x, -1, 1).data, [0.428571, 0.571429, 0, 0, 0.5, -0.5]);
  close(normalize(x, -1, Number.POSITIVE_INFINITY).data, [0.75, 1, 0, 0, 1, -1]);
  close(normalize(x, 1, 3).data, [0.666972, 0.889296, 0, 0, 0.7937, -0.7937]);
  close(normalize(x, 0).data, [3 / Math.sqrt(10), 4 / Math.sqrt(17), 0, 0, 1 / Math.sqrt(10), -1 / Math.sqrt(17)]);
  assert.equal(normalize(new Float64Array([3, 4])).dtype, "float64");
  assert.throws(() => normalize(x, 2), /no axis 2/);
  assert.throws(() => normalize(x, 0, 0), ArgumentError);
});

test("sequences are padded and cut at either end", () => {
  const sequences = [[1], [2, 3], [4, 5, 6]];
  assert.deepEqual(padSequences(sequences).toArray(), [
    [0, 0, 1],
    [0, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(padSequences(sequences, { maxlen: 2, padding: "post", value: 9 }).toArray(), [
    [1, 9],
    [2, 3],
    [5, 6],
  ]);
  assert.deepEqual(padSequences(sequences, { maxlen: 2, truncating: "post" }).toArray(), [
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  const rows = padSequences(
    [
      [[1, 2]],
      [
        [3, 4],
        [5, 6],
      ],
    ],
    { padding: "post", dtype: "float32" },
  );
  assert.deepEqual(
    [rows.dtype, rows.toArray()],
    [
      "float32",
      [
        [
          [1, 2],
          [0, 0],
        ],
        [
          [3, 4],
          [5, 6],
        ],
      ],
    ],
  );
  assert.deepEqual(padSequences([]).shape, [0, 0]);
  assert.throws(() => padSequences([[[1, 2]], [[3]]]), /sequence 1/);
  assert.throws(() => padSequences([[1]], { padding: "left" as "pre" }), /'left'/);
});

const texts = ["The cat sat on the mat.", "The dog ate the cat's dinner, quickly!"];
function fitted(options?: ConstructorParameters<typeof Tokenizer>[0]): Tokenizer {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(texts);
  return tokenizer;
}

test("words are numbered by frequency, then by first appearance", () => {
  const tokenizer = fitted();
  assert.deepEqual([...tokenizer.wordIndex.keys()], "the cat sat on mat dog ate cat's dinner quickly".split(" "));
  const sequences = tokenizer.textsToSequences(texts);
  assert.deepEqual(sequences, [
    [1, 2, 3, 4, 1, 5],
    [1, 6, 7, 1, 8, 9, 10],
  ]);
  assert.deepEqual(tokenizer.sequencesToTexts(sequences), [
    "the cat sat on the mat",
    "the dog ate the cat's dinner quickly",
  ]);
});

test("rare words are left out, or stand as the unknown word", () => {
  assert.deepEqual(fitted({ numWords: 4 }).textsToSequences(texts), [
    [1, 2, 3, 1],
    [1, 1],
  ]);
  const tokenizer = fitted({ numWords: 4, oovToken: "<oov>" });
  const sequences = tokenizer.textsToSequences(texts);
  assert.deepEqual(sequences, [
    [2, 3, 1, 1, 2, 1],
    [2, 1, 1, 2, 1, 1, 1],
  ]);
  assert.equal(tokenizer.sequencesToTexts(sequences)[0], "the cat <oov> <oov> the <oov>");
});

test("matrices of texts", () => {
  const tokenizer = fitted({ numWords: 4 });
  close(tokenizer.textsToMatrix(texts).data, [0, 1, 1, 1, 0, 1, 0, 0]);
  close(tokenizer.textsToMatrix(texts, "count").data, [0, 2, 1, 1, 0, 2, 0, 0]);
  close(tokenizer.textsToMatrix(texts, "freq").data, [0, 0.5, 0.25, 0.25, 0, 1, 0, 0]);
  close(tokenizer.textsToMatrix(texts, "tfidf").data, [0, 0.864903, Math.LN2, Math.LN2, 0, 0.864903, 0, 0]);
  assert.deepEqual(fitted().textsToMatrix(texts).shape, [2, 11]);
  assert.throws(() => new Tokenizer().textsToMatrix(texts), FailedPreconditionError);
  assert.throws(() => tokenizer.sequencesToMatrix([[1]], "words" as "count"), ArgumentError);
});

test("characters as words, other separators, words given as such", () => {
  const tokenizer = new Tokenizer({ charLevel: true });
  tokenizer.fitOnTexts(["Abba"]);
  assert.deepEqual(tokenizer.textsToSequences(["bac"]), [[2, 1]]);
  assert.deepEqual(textToWordSequence("A;b;;C", { filters: "", split: ";", lower: false }), ["A", "b", "C"]);
  const words = new Tokenizer();
  words.fitOnTexts([["New York", "new york"]]);
  assert.deepEqual([...words.wordCounts], [["new york", 2]]);
});

test("MNIST comes as Keras loads it: bytes in two dimensions, digits as labels", async () => {
  const [[xTrain, yTrain], [xTest, yTest]] = await mnist.loadData("sample");
  const [rows = 0, ...picture] = xTrain.shape;
  assert.deepEqual(
    [picture, yTrain.shape, xTest.shape.slice(1), xTest.shape[0]],
    [[28, 28], [rows], [28, 28], yTest.size],
  );
  assert.deepEqual([xTrain.dtype, yTrain.dtype, rows + yTest.size], ["uint8", "uint8", 10_000]);
  assert.equal(Math.max(...xTrain.rows(0, 100).data), 255);
  const [[again]] = await mnist.loadData({ path: "sample" });
  assert.ok(again.equals(xTrain));

  // @ts-expect-error there is no such option
  await assert.rejects(mnist.loadData({ pth: "sample" }), /no option 'pth'[\s\S]*did you mean 'path'/);
});
