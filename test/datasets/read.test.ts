/** @file `readDataSets` on small files: options, log, downloads, and every kind of damage. */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { platform } from "#platform";
import {
  ArgumentError,
  DataLossError,
  DTypeError,
  FailedPreconditionError,
  NdArray,
  NotFoundError,
  UnavailableError,
} from "../../src/core/index.js";
import { type DataSet, denseToOneHot, readDataSets } from "../../src/datasets/index.js";
import { type FileRole, fileNames } from "../../src/datasets/mirrors.js";
import { inTemporaryDirectory } from "../platform/support.js";
import { deadAddress, imageFile, labelFile, packed, smallFiles, withServer, writeSmallFiles } from "./support.js";

const quiet = { log: null, validationSize: 2, download: false } as const;

test("the first training examples are for validation, the files' order stays", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const { train, validation, test } = await readDataSets(directory, { ...quiet, dtype: "uint8" });
    assert.deepEqual([train.numExamples, validation.numExamples, test.numExamples], [10, 2, 4]);
    assert.deepEqual([...validation.images.data], [0, 0, 0, 0, 1, 1, 1, 1]);
    assert.deepEqual([...train.labels.data], [2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert.equal(train.images.item(0, 0), 2);
    assert.equal(test.images.item(3, 3), 103);
  }));

test("types follow the options", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const plain = await readDataSets(directory, quiet);
    const train: DataSet<"float32", "uint8"> = plain.train;
    const images: NdArray<"float32"> = train.nextBatch(2).images;
    assert.deepEqual([images.dtype, train.labels.dtype], ["float32", "uint8"]);
    const oneHot = await readDataSets(directory, { ...quiet, oneHot: true, dtype: "uint8", reshape: false });
    const test: DataSet<"uint8", "float64"> = oneHot.test;
    assert.deepEqual([test.images.dtype, test.labels.dtype], ["uint8", "float64"]);
    assert.deepEqual(test.images.shape, [4, 2, 2, 1]);
    assert.deepEqual(test.labels.rows(2, 3).toArray(), [[0, 0, 1, 0, 0, 0, 0, 0, 0, 0]]);
    // @ts-expect-error integer labels are uint8, not float64
    const wrong: DataSet<"float32", "float64"> = plain.train;
    assert.equal(wrong.labels.dtype, "uint8");
  }));

test("float32 images are value·(1/255) with each step in float32", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, { testImages: packed(imageFile(4, 252)) });
    const { test } = await readDataSets(directory, quiet);
    // NumPy: np.float32(v) * np.float32(1 / 255)
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => test.images.item(i, 0)),
      [0.9882353544235229, 0.9921569228172302, 0.9960784912109375, 1],
    );
  }));

test("the log says what is read, in order; null silences it", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const lines: string[] = [];
    await readDataSets(directory, { ...quiet, log: (line) => lines.push(line) });
    assert.deepEqual(
      lines,
      Object.values(fileNames).map((file) => `Extracting ${join(directory, file)}`),
    );
  }));

test("unpacked files do as well, under both of their usual names", () =>
  inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, "train-images-idx3-ubyte"), smallFiles.trainImages);
    await writeFile(join(directory, "train-labels.idx1-ubyte"), smallFiles.trainLabels);
    await writeFile(join(directory, "t10k-images-idx3-ubyte.gz"), smallFiles.testImages);
    await writeFile(join(directory, "t10k-labels.idx1-ubyte"), smallFiles.testLabels);
    const { train } = await readDataSets(directory, quiet);
    assert.equal(train.numExamples, 10);
  }));

test("sizes of the validation set: none, all, and those that cannot be", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const none = await readDataSets(directory, { ...quiet, validationSize: 0 });
    assert.deepEqual([none.train.numExamples, none.validation.numExamples], [12, 0]);
    const all = await readDataSets(directory, { ...quiet, validationSize: 12 });
    assert.deepEqual([all.train.numExamples, all.validation.numExamples], [0, 12]);
    for (const validationSize of [-1, 13, 1.5])
      await assert.rejects(readDataSets(directory, { ...quiet, validationSize }), (error: Error) => {
        assert.ok(error instanceof ArgumentError);
        assert.match(error.message, /^Validation size should be between 0 and 12\. Received: /);
        return true;
      });
    await assert.rejects(readDataSets(directory, { log: null }), /between 0 and 12\. Received: 5000\./);
  }));

test("a dtype that images do not come in", () =>
  assert.rejects(
    // @ts-expect-error int32 is not offered
    readDataSets("nowhere", { dtype: "int32" }),
    (error: Error) =>
      error instanceof DTypeError && /Invalid image dtype 'int32', expected uint8 or float32/.test(error.message),
  ));

test("an option that nobody knows", () =>
  assert.rejects(
    // @ts-expect-error the name has a capital letter
    readDataSets("nowhere", { onehot: true }),
    (error) => error instanceof ArgumentError && /no option 'onehot'[\s\S]*did you mean 'oneHot'/.test(error.message),
  ));

test("the same seed shuffles alike", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const order = async () => [
      ...(await readDataSets(directory, { ...quiet, seed: 4 })).train.nextBatch(10).labels.data,
    ];
    assert.deepEqual(await order(), await order());
  }));

test("made-up data is all ones and needs no files", async () => {
  const { train, validation, test } = await readDataSets("nowhere", { fakeData: true, oneHot: true });
  for (const set of [train, validation, test]) assert.equal(set.numExamples, 10_000);
  const { images, labels } = train.nextBatch(3);
  assert.deepEqual(images.shape, [3, 784]);
  assert.ok(images.data.every((value) => value === 1));
  assert.deepEqual(labels.rows(2, 3).toArray(), [[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
});

test("denseToOneHot counts the classes", () => {
  const labels = (...values: number[]) => new NdArray("uint8", [values.length], Uint8Array.from(values));
  assert.deepEqual(denseToOneHot(labels(1, 0), 2).toArray(), [
    [0, 1],
    [1, 0],
  ]);
  assert.throws(() => denseToOneHot(labels(1, 2), 2), /Label 2 of example 1 does not fit/);
});

// ---- damage: each names the file, and leaves every file as it was ----

async function assertDamage(
  changes: Partial<Record<FileRole, Uint8Array>>,
  ...words: readonly RegExp[]
): Promise<void> {
  await inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, changes);
    const snapshot = async () =>
      Promise.all((await readdir(directory)).map(async (file) => [file, await readFile(join(directory, file), "hex")]));
    const before = await snapshot();
    await assert.rejects(readDataSets(directory, quiet), (error: Error) => {
      assert.ok(error instanceof DataLossError, error.name);
      assert.ok(error.message.includes(directory), error.message);
      for (const word of words) assert.match(error.message, word);
      return true;
    });
    assert.deepEqual(await snapshot(), before);
  });
}

test("a truncated gzip file", () =>
  assertDamage(
    { testImages: packed(imageFile(4)).subarray(0, 20) },
    /t10k-images-idx3-ubyte\.gz: Truncated or corrupt gzip data/,
    /fix +delete this file/,
  ));

test("a corrupt gzip file", () => {
  const bytes = packed(labelFile(12));
  bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 255; // in the checksum
  return assertDamage({ trainLabels: bytes }, /train-labels-idx1-ubyte\.gz: Truncated or corrupt gzip data/);
});

test("a wrong magic number inside", () =>
  assertDamage(
    { trainImages: packed(labelFile(12)) },
    /^Invalid magic number 2049 in MNIST image file: .*train-images/,
  ));

test("a count that does not fit the bytes", () =>
  assertDamage({ testLabels: packed(labelFile(4).subarray(0, 10)) }, /t10k-labels-idx1-ubyte\.gz announces 4 labels/));

test("as many images as labels there must be", () =>
  assertDamage(
    { trainLabels: packed(labelFile(11)) },
    /^images\.shape: \(12, 2, 2, 1\) labels\.shape: \(11,\) in the train files/,
  ));

test("training and test images of different sizes", () => {
  const large = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4]);
  return assertDamage({ testImages: packed(large) }, /\(2, 2, 1\) and test images \(1, 1, 1\)/);
});

test("an HTML page in place of a file", () =>
  assertDamage(
    { testLabels: new TextEncoder().encode("<!DOCTYPE html><title>404</title>") },
    /t10k-labels-idx1-ubyte\.gz is an HTML page, not an MNIST label file/,
  ));

test("a file where a directory is expected", () =>
  inTemporaryDirectory(async (directory) => {
    const path = join(directory, "mnist");
    await writeFile(path, "not a directory");
    await assert.rejects(readDataSets(path, quiet), (error: Error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /mnist is a file, not a directory\n {2}fix +name the directory that holds/);
      return true;
    });
    await assert.rejects(
      readDataSets(join(path, "below"), { log: null, sourceUrl: await deadAddress() }),
      (error: Error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.match(error.message, /Could not make the directory .*below: Not a directory/);
        return true;
      },
    );
    assert.equal(await readFile(path, "utf8"), "not a directory");
  }));

test("a directory where a file is expected", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, { testImages: null });
    await mkdir(join(directory, fileNames.testImages));
    await assert.rejects(readDataSets(directory, quiet), (error: Error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /Could not read .*t10k-images-idx3-ubyte\.gz: Is a directory/);
      return true;
    });
  }));

test("absent files that may not be downloaded are all named", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, { trainLabels: null, testLabels: null });
    await assert.rejects(readDataSets(directory, quiet), (error: Error) => {
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /lacks train-labels-idx1-ubyte\.gz, t10k-labels-idx1-ubyte\.gz\n {2}fix/);
      return true;
    });
    await assert.rejects(readDataSets(join(directory, "nowhere"), quiet), /nowhere lacks train-images/);
    await assert.rejects(readDataSets("", quiet), /The data's source is empty/);
  }));

// ---- downloads ----

test("absent files are downloaded, present ones are not asked for, and the log says both", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, { trainLabels: null });
    const asked: (string | undefined)[] = [];
    const bytes = packed(smallFiles.trainLabels);
    await withServer(
      (request, response) => {
        asked.push(request.url);
        response.end(bytes);
      },
      async (address) => {
        const lines: string[] = [];
        const sourceUrl = address.slice(0, -1); // a missing slash is added
        const options = { ...quiet, download: true, sourceUrl, log: (line: string) => lines.push(line) };
        const { train } = await readDataSets(directory, options);
        assert.equal(train.numExamples, 10);
        assert.deepEqual(asked, ["/train-labels-idx1-ubyte.gz"]);
        assert.equal(lines[1], `Successfully downloaded train-labels-idx1-ubyte.gz ${bytes.length} bytes.`);
        assert.equal(lines[2], `Extracting ${join(directory, fileNames.trainLabels)}`);
        await readDataSets(directory, options);
        assert.equal(asked.length, 1, "the second time all four are there");
      },
    );
  }));

test("a new directory is made for a download", () =>
  inTemporaryDirectory(async (directory) => {
    const files: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
      (Object.keys(fileNames) as FileRole[]).map((role) => [`/${fileNames[role]}`, packed(smallFiles[role])]),
    );
    await withServer(
      (request, response) => void response.end(files[request.url ?? ""]),
      async (sourceUrl) => {
        const { test } = await readDataSets(join(directory, "a", "b"), { ...quiet, download: true, sourceUrl });
        assert.equal(test.numExamples, 4);
        assert.deepEqual(await readdir(join(directory, "a", "b")), Object.values(fileNames).sort());
      },
    );
  }));

test("offline, the error says where the file could go instead", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory, { testImages: null });
    const sourceUrl = await deadAddress();
    await assert.rejects(readDataSets(directory, { ...quiet, download: true, sourceUrl }), (error: Error) => {
      assert.ok(error instanceof UnavailableError);
      assert.match(error.message, /^Could not download t10k-images-idx3-ubyte\.gz\n {2}from .*ECONNREFUSED/);
      assert.match(error.message, /put t10k-images-idx3-ubyte\.gz into .* or use readDataSets\("sample"\)/);
      return true;
    });
    assert.equal((await readdir(directory)).length, 3);
  }));

test("without files, as in a browser, everything comes from the address given", async () => {
  const files = Object.fromEntries(
    (Object.keys(fileNames) as FileRole[]).map((role) => [`/data/${fileNames[role]}`, packed(smallFiles[role])]),
  );
  const own = platform.files;
  Object.defineProperty(platform, "files", { value: undefined });
  try {
    await withServer(
      (request, response) => void response.end(files[request.url ?? ""]),
      async (address) => {
        const { train } = await readDataSets(`${address}data`, { validationSize: 2, log: null });
        assert.equal(train.numExamples, 10);
        await assert.rejects(readDataSets(`${address}data`, quiet), /data must be downloaded/);
        await assert.rejects(readDataSets("sample", quiet), /sample digits are not here/);
      },
    );
  } finally {
    Object.defineProperty(platform, "files", { value: own });
  }
});

test("a file that goes while it is read is an error like the others", () =>
  inTemporaryDirectory(async (directory) => {
    await writeSmallFiles(directory);
    const gone = join(directory, fileNames.testLabels);
    let moved: Promise<void> | undefined;
    const log = () => {
      moved ??= rename(gone, `${gone}.away`);
    };
    await assert.rejects(readDataSets(directory, { ...quiet, log }), NotFoundError);
    await moved;
  }));
