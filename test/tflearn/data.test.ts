/**
 * @file Data utilities, preprocessing and augmentation on host arrays, against values computed with NumPy
 * (and, for rotation, a direct solution of the spline's equations) in float64.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NdArray } from "../../src/core/index.js";
import { Random } from "../../src/core/random.js";
import * as tf from "../../src/index.js";
import { symmetricEigen } from "../../src/tflearn/data/eigen.js";
import { blur, flipLeftRight, flipUpDown, type Picture, rotate, rotate90 } from "../../src/tflearn/data/images.js";
import * as tflearn from "../../src/tflearn/index.js";
import { assertClose, inGraph } from "./support.js";

const { dataUtils } = tflearn;
const numbers = (array: NdArray): number[] => Array.from(array.data as Float32Array);

// ---- utilities ----

test("toCategorical takes a column for each label, or as many as it is told", () => {
  assert.deepEqual(dataUtils.toCategorical([2, 5, 2]).toArray(), [
    [1, 0],
    [0, 1],
    [1, 0],
  ]);
  const four = dataUtils.toCategorical([2, 0], 4);
  assert.equal(four.dtype, "float64");
  assert.deepEqual(four.toArray(), [
    [0, 0, 1, 0],
    [1, 0, 0, 0],
  ]);
  assert.throws(() => dataUtils.toCategorical([1, 4], 4), /Label 4 of example 1 is not one of 4 classes/);
  assert.throws(() => dataUtils.toCategorical([0.5], 4), /Label 0.5/);
});

test("padSequences pads and cuts at the end, or at the beginning", () => {
  const sequences = [[1, 2, 3], [4], []];
  assert.deepEqual(dataUtils.padSequences(sequences).toArray(), [
    [1, 2, 3],
    [4, 0, 0],
    [0, 0, 0],
  ]);
  assert.deepEqual(dataUtils.padSequences(sequences, { maxlen: 2, value: 9 }).toArray(), [
    [1, 2],
    [4, 9],
    [9, 9],
  ]);
  const pre = dataUtils.padSequences(sequences, { maxlen: 2, padding: "pre", truncating: "pre", dtype: "float32" });
  assert.equal(pre.dtype, "float32");
  assert.deepEqual(pre.toArray(), [
    [2, 3],
    [0, 4],
    [0, 0],
  ]);
  assert.throws(
    () => dataUtils.padSequences([[1]], { padding: "left" as "pre" }),
    /Padding type 'left' not understood/,
  );
});

test("shuffle keeps rows together and repeats with its seed", () => {
  const X = NdArray.from([
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
  ]);
  const [a, b] = dataUtils.shuffle([X, [1, 2, 3, 4]], { seed: 3 });
  assert.deepEqual(
    (a.toArray() as number[][]).map(([first]) => first),
    b.toArray(),
  );
  assert.deepEqual([...(b.toArray() as number[])].sort(), [1, 2, 3, 4]);
  assert.ok(dataUtils.shuffle([X], { seed: 3 })[0].equals(a));
  assert.throws(() => dataUtils.shuffle([X, [1]]), /The arrays have 4 and 1 rows/);
});

test("normalization of samples and of features", () => {
  const X = [
    [1, 3],
    [2, 8],
  ];
  assertClose(numbers(dataUtils.samplewiseZeroCenter(X)), [-1, 1, -3, 3]);
  assertClose(numbers(dataUtils.samplewiseStdNormalization(X)), [1, 3, 2 / 3, 8 / 3]);
  const centered = dataUtils.featurewiseZeroCenter(X);
  assertClose(numbers(centered.mean), [1.5, 5.5]);
  assertClose(numbers(centered.X), [-0.5, -2.5, 0.5, 2.5]);
  const scaled = dataUtils.featurewiseStdNormalization(X);
  assertClose(numbers(scaled.std), [0.5, 2.5]);
  assertClose(numbers(scaled.X), [2, 1.2, 4, 3.2]);
  assertClose(numbers(dataUtils.featurewiseZeroCenter(X, 1).X), [0, 2, 1, 7]);
});

test("a text becomes overlapping stretches and what follows them", () => {
  const { X, Y, charIdx } = dataUtils.stringToSemiRedundantSequences("abcab", { seqMaxlen: 2, redunStep: 2 });
  assert.deepEqual(
    [...charIdx],
    [
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ],
  );
  assert.deepEqual(X.shape, [2, 2, 3]);
  assert.deepEqual(numbers(X), [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]);
  assert.deepEqual(Y.toArray(), [
    [0, 0, 1],
    [0, 1, 0],
  ]);
});

test("loadCsv reads quoted fields, a target and columns to leave out", async () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-csv-"));
  try {
    const path = join(directory, "table.csv");
    writeFileSync(path, 'name,size,label\n"a, ""b""",1.5,0\r\nc,2,1\n');
    const plain = await dataUtils.loadCsv(path);
    assert.deepEqual(plain, {
      data: [
        ['a, "b"', "1.5"],
        ["c", "2"],
      ],
      labels: ["0", "1"],
    });
    const chosen = await dataUtils.loadCsv(path, { columnsToIgnore: [0], categoricalLabels: true, nClasses: 2 });
    assert.deepEqual(chosen.data, [["1.5"], ["2"]]);
    assert.deepEqual((chosen.labels as NdArray).toArray(), [
      [1, 0],
      [0, 1],
    ]);
    await assert.rejects(dataUtils.loadCsv(path, { categoricalLabels: true }), /'n_classes' is required/);
    await assert.rejects(dataUtils.loadCsv(path, { targetColumn: 3 }), /has 3 columns and no column 3/);
    writeFileSync(path, "a,b\n1\n");
    await assert.rejects(dataUtils.loadCsv(path), /Record 2 of .*table\.csv has 1 fields, but the first has 2/);
    await assert.rejects(dataUtils.loadCsv(join(directory, "absent.csv")), /absent\.csv/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

// ---- preprocessing ----

inGraph("statistics are computed once, over the data, and kept in the session", async () => {
  const data = NdArray.from(
    [
      [1, 2],
      [3, 4],
      [5, 9],
    ],
    "float32",
  );
  const lines: string[] = [];
  const preprocessing = new tflearn.DataPreprocessing().addFeaturewiseZeroCenter().addFeaturewiseStdnorm();
  assert.throws(() => preprocessing.apply(data), /needs the mean of the data, which is not known yet/);
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  await preprocessing.initialize(data, session, (line) => lines.push(line));
  const mean = 4;
  const std = Math.sqrt((9 + 4 + 1 + 0 + 1 + 25) / 6);
  assertClose(
    numbers(preprocessing.apply(data)),
    [1, 2, 3, 4, 5, 9].map((value) => (value - mean) / (std + 1e-8)),
  );
  assert.match(lines.join("\n"), /Calculating mean over all dataset.*\nMean: 4 \(To avoid repetitive/);
  // Another object on the same variables takes them from the session, as after loading a checkpoint.
  await preprocessing.initialize(NdArray.from([[100, 200]], "float32"), session, () => assert.fail("computed again"));
  assert.deepEqual(
    tf.globalVariables().map(({ name }) => name),
    ["mean", "mean_r", "std", "std_r", "pc", "pc_r"].map((name) => `DataPreprocessing/${name}:0`),
  );
});

inGraph("a given statistic needs no data, and may be one for each channel", async () => {
  const batch = new NdArray("float32", [1, 1, 2, 2], Float32Array.of(1, 10, 3, 30));
  using session = new tf.Session();
  const preprocessing = new tflearn.ImagePreprocessing().addFeaturewiseZeroCenter({ mean: [1, 10] });
  await session.run(tf.globalVariablesInitializer());
  await preprocessing.initialize(batch, session);
  assert.deepEqual(numbers(preprocessing.apply(batch)), [0, 0, 2, 20]);
  const narrow = new tflearn.ImagePreprocessing().addFeaturewiseZeroCenter({ mean: [1, 2, 3] });
  assert.throws(() => narrow.apply(batch), /There are 3 numbers for the 2 channels/);
});

inGraph("pictures: normalization, crops, statistics of samples and channels", async () => {
  const batch = new NdArray("float32", [2, 2, 2, 1], Float32Array.of(0, 255, 51, 102, 1, 2, 3, 6));
  assertClose(
    numbers(new tflearn.ImagePreprocessing().addImageNormalization().apply(batch)).slice(0, 4),
    [0, 1, 0.2, 0.4],
  );
  assert.deepEqual(
    numbers(new tflearn.ImagePreprocessing().addSamplewiseZeroCenter().apply(batch)).slice(4),
    [-2, -1, 0, 3],
  );
  const colour = new NdArray("float32", [1, 2, 1, 2], Float32Array.of(1, 10, 3, 30));
  assertClose(
    numbers(new tflearn.ImagePreprocessing().addSamplewiseStdnorm({ perChannel: true }).apply(colour)),
    [1, 1, 3, 3],
  );
  const big = new NdArray(
    "float32",
    [1, 4, 4, 1],
    Float32Array.from({ length: 16 }, (_, i) => i),
  );
  const cropped = new tflearn.ImagePreprocessing().addCropCenter([2, 3]).apply(big);
  assert.deepEqual(cropped.shape, [1, 2, 3, 1]);
  assert.deepEqual(numbers(cropped), [4, 5, 6, 8, 9, 10]);
  assert.throws(() => new tflearn.ImagePreprocessing().addCropCenter([5, 5]).apply(big), /Cannot crop 5×5/);

  using session = new tf.Session();
  const perChannel = new tflearn.ImagePreprocessing()
    .addFeaturewiseZeroCenter({ perChannel: true })
    .addFeaturewiseStdnorm({ perChannel: true });
  await session.run(tf.globalVariablesInitializer());
  await perChannel.initialize(colour, session);
  assertClose(numbers(perChannel.apply(colour)), [-1, -1, 1, 1]);
});

inGraph("whitening is NumPy's", async () => {
  const rows = [
    [1.76, 0.4, 0.98],
    [2.24, 1.87, -0.98],
    [0.95, -0.15, -0.1],
    [0.41, 0.14, 1.45],
    [0.76, 0.12, 0.44],
    [0.33, 1.49, -0.21],
  ];
  const data = NdArray.from(rows, "float32").reshape([6, 1, 3, 1]);
  const preprocessing = new tflearn.ImagePreprocessing().addZcaWhitening();
  using session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  await preprocessing.initialize(data, session);
  const expected = [
    1.0106276962232037, -0.04082000235468767, 0.7592729360072609, 1.0429976263526994, 0.8511328083143512,
    -0.7476977427111189, 0.7658439700110224, -0.5441128915509013, -0.24484511472910048, 0.06323554892604127,
    0.3168599161522969, 1.2974997752669737, 0.4545987641204975, -0.0684181451801065, 0.3311552795002388,
    -0.30596050832147614, 1.3684906079399393, 0.10646150117701049,
  ];
  assertClose(numbers(preprocessing.apply(data)), expected);
});

test("eigenvectors of random symmetric matrices put them together again", () => {
  const random = new Random(4);
  for (const n of [1, 2, 3, 17, 40]) {
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        // Some zeros, and a repeated eigenvalue now and then.
        const value = random.integer(4) === 0 ? 0 : random.uniform() - 0.5;
        matrix[i * n + j] = value;
        matrix[j * n + i] = value;
      }
    const { values, vectors } = symmetricEigen(matrix, n);
    const rebuilt = new Float64Array(n * n);
    for (let k = 0; k < n; k++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          (rebuilt[i * n + j] as number) +=
            (values[k] as number) * (vectors[k * n + i] as number) * (vectors[k * n + j] as number);
    // Float64 rounding, times the size.
    assertClose(rebuilt, matrix, 1e-14 * n);
    for (let k = 0; k < n; k++)
      assertClose([vectors.slice(k * n, (k + 1) * n).reduce((sum, v) => sum + v * v, 0)], [1], 1e-14 * n);
  }
});

// ---- augmentation ----

const picture = (data: number[], height: number, width: number): Picture => ({
  data: Float32Array.from(data),
  height,
  width,
  channels: 1,
});
const five = picture(
  [
    0, 1, 2.46, 4.17, 6.06, 1.1, 3.27, 5.55, 0.93, 3.4, 5.95, 1.58, 4.29, 0.06, 2.9, 5.8, 1.76, 4.77, 0.84, 3.96, 0.13,
    3.35, 6.61, 2.92, 6.27,
  ],
  5,
  5,
);

test("flips and quarter turns are NumPy's", () => {
  const small = picture([1, 2, 3, 4, 5, 6], 2, 3);
  assert.deepEqual([...flipLeftRight(small).data], [3, 2, 1, 6, 5, 4]);
  assert.deepEqual([...flipUpDown(small).data], [4, 5, 6, 1, 2, 3]);
  const turned = rotate90(small, 1);
  assert.deepEqual([turned.height, turned.width, ...turned.data], [3, 2, 3, 6, 2, 5, 1, 4]);
  assert.deepEqual([...rotate90(small, 2).data], [6, 5, 4, 3, 2, 1]);
  assert.deepEqual([...rotate90(small, -1).data], [4, 1, 5, 2, 6, 3]);
  assert.equal(rotate90(small, 4), small);
});

test("rotation is that of the cubic spline through the pixels", () => {
  const expected = [
    0, 0, 3.7613155926943893, 3.986911484816174, 0, 0.7256048653632505, 4.201515734285071, 2.9543146648359335,
    0.6788230231355945, 0, 1.2756587397616426, 3.115592487219794, 4.29, 0.4660956517760829, 3.381277929559656, 0,
    3.2793192091216863, 2.8840045574423527, 4.341871468882458, 3.3265934975291085, 0, 4.1750884067810885,
    3.1621011458246038, 0, 0,
  ];
  assertClose(rotate(five, 30).data, expected);
  assertClose(rotate(five, 0).data, five.data);
  assertClose(rotate(five, 90).data, rotate90(five, 1).data);
});

test("blur is the Gaussian filter of SciPy's definition", () => {
  const expected = [
    0.7689538478157911, 1.7136873486133977, 2.868050005155055, 3.744553348082419, 4.760758037385037, 2.1510642372705444,
    2.705275775208751, 3.2375205578379944, 2.833298409039057, 3.3690405671631374, 3.918534251678601, 3.2394560777615573,
    3.1200755618361624, 2.26621908537227, 2.727457633511413, 3.7864735207031233, 3.3519742178472947, 3.5152343478355585,
    2.885775777355057, 3.5273693064399345, 2.086894558249721, 3.3195941802407805, 4.401622070680079, 4.027027502767258,
    4.804089774150025,
  ];
  assertClose(blur(five, 0.8).data, expected);
  assert.equal(blur(five, 0), five);
});

test("augmentation changes about every second picture, and leaves the batch alone", () => {
  const batch = new NdArray(
    "float32",
    [400, 1, 2, 1],
    Float32Array.from({ length: 800 }, (_, i) => i % 2),
  );
  const before = [...batch.data];
  const flipped = new tflearn.ImageAugmentation().addRandomFlipLeftright().apply(batch, new Random(1));
  const changed = numbers(flipped).filter((value, i) => i % 2 === 0 && value === 1).length;
  // 200 ± 4 standard deviations of a fair coin thrown 400 times.
  assert.ok(Math.abs(changed - 200) < 40, `${changed} of 400`);
  assert.deepEqual([...batch.data], before);
  const again = new tflearn.ImageAugmentation().addRandomFlipLeftright().apply(batch, new Random(1));
  assert.ok(again.equals(flipped));
});

test("random crops reach every place, and pad with zeros", () => {
  const batch = new NdArray("float32", [300, 2, 2, 1], new Float32Array(1200).fill(1));
  const same = new tflearn.ImageAugmentation().addRandomCrop([2, 2], 1).apply(batch, new Random(2));
  const sums = new Set<number>();
  for (let i = 0; i < 300; i++) sums.add((same.data.slice(i * 4, i * 4 + 4) as Float32Array).reduce((a, b) => a + b));
  assert.deepEqual([...sums].sort(), [1, 2, 4]);
  const small = new tflearn.ImageAugmentation().addRandomCrop([1, 2]).apply(batch, new Random(2));
  assert.deepEqual(small.shape, [300, 1, 2, 1]);
  assert.throws(() => new tflearn.ImageAugmentation().addRandomCrop([3, 3]).apply(batch), /Cannot crop 3×3/);
});

test("turns need squares, and pictures need axes", () => {
  const wide = new NdArray("float32", [8, 1, 2, 1], new Float32Array(16));
  const turns = new tflearn.ImageAugmentation().addRandom90degreesRotation([1]);
  assert.throws(() => turns.apply(wide), /A quarter turn of 1×2 pictures changes their shape/);
  assert.throws(
    () => turns.apply(new NdArray("float32", [8, 2], new Float32Array(16))),
    /Pictures are \[batch, height/,
  );
});
