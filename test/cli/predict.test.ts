/** @file `strata predict`: it recognises drawings with any saved network, and says what is wrong with the others. */
import assert from "node:assert/strict";
import { mkdtemp, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { encode } from "fast-png";
import { networkNames } from "../../src/cli/networks.js";
import { type Drawing, writeDrawings } from "./drawings.js";
import { parseLines, run, withDigits, withDirectory } from "./support.js";

const COUNT = 40;

describe("strata predict", () => {
  let directory = "";
  let model = "";
  let drawings: readonly Drawing[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "strata-predict-"));
    model = join(directory, "model");
    drawings = await writeDrawings(directory, COUNT);
    const args = ["train", "raw", "--data", "sample", "--epochs", "4", "--seed", "1", "--save", model];
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(`strata predict picture.png --model ${model}`), "training says what to do next");
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const paths = () => drawings.map(({ path }) => path);

  test("recognises most drawings", async () => {
    const { code, stdout } = await run(["predict", ...paths(), "--model", model, "--json"]);
    assert.equal(code, 0);
    const [start, ...predictions] = parseLines(stdout);
    assert.deepEqual(start, { event: "model", checkpoint: join(model, "model-440"), network: "raw" });
    assert.equal(predictions.length, COUNT);
    for (const { event, label, name, probability, probabilities } of predictions) {
      const all = probabilities as number[];
      assert.deepEqual([event, all.length, name], ["prediction", 10, String(label)]);
      assert.equal(probability, Math.max(...all));
      assert.ok(Math.abs(all.reduce((sum, p) => sum + p, 0) - 1) < 1e-5, "probabilities sum to 1");
    }
    const right = predictions.filter(({ label }, i) => label === drawings[i]?.label).length;
    // After four epochs on the sample 0.89 of its test digits are recognised.
    assert.ok(right >= 0.8 * COUNT, `${right} of ${COUNT}`);
  });

  test("shows people the picture as the network sees it, and the likeliest digits", async () => {
    const [path = ""] = paths();
    const { code, stdout, stderr } = await run(["predict", path, "--model", model, "--top", "4"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines[0], `${join(model, "model-440")}, raw: 784-64-10, sigmoid`);
    assert.equal(lines[2], path);
    assert.ok(stdout.includes("█") || stdout.includes("▀"), "the picture");
    const shown = [...stdout.matchAll(/(\d) +([\d.]+)%/g)].map(
      ([, digit, percent]) => [digit, Number(percent)] as const,
    );
    assert.equal(shown.length, 4);
    assert.deepEqual(
      shown.map(([, percent]) => percent),
      shown.map(([, percent]) => percent).sort((a, b) => b - a),
    );
    const narrow = await run(["predict", path, "--model", model], { columns: 40 });
    for (const line of narrow.stdout.split("\n").filter((text) => text.includes("%")))
      assert.ok(line.length <= 40 + 8, `the classes stand below: ${line}`);
  });

  test("--quiet prints a picture's name and the answer", async () => {
    const [path = ""] = paths();
    const { stdout } = await run(["predict", path, path, "--model", model, "--quiet"]);
    assert.match(stdout, /^(.*drawing-0\.png: \d\n){2}$/);
  });

  test("pictures that cannot be read are told apart, and the others are answered", async () => {
    const [path = ""] = paths();
    const file = async (name: string, bytes: Uint8Array): Promise<string> => {
      await writeFile(join(directory, name), bytes);
      return join(directory, name);
    };
    const white = encode({ width: 30, height: 30, data: new Uint8Array(900).fill(255), channels: 1 });
    const bad: readonly (readonly [path: string, words: RegExp, code: string])[] = [
      [join(directory, "none.png"), /NotFoundError: .*none\.png: No such file/, "NOT_FOUND"],
      [await file("empty.png", new Uint8Array()), /ArgumentError: .*empty\.png is empty/, "ARGUMENT"],
      [await file("text.png", Buffer.from("hello")), /ArgumentError: .*text\.png is no PNG file/, "ARGUMENT"],
      [
        await file("cut.png", white.subarray(0, 60)),
        /DataLossError: .*cut\.png is a damaged .* cut short/,
        "DATA_LOSS",
      ],
      [await file("white.png", white), /ArgumentError: There is nothing to be seen in .*white\.png/, "ARGUMENT"],
      [directory, /FailedPreconditionError: .*Is a directory/, "FAILED_PRECONDITION"],
    ];
    const args = ["predict", ...bad.map(([name]) => name), path, "--model", model];
    const { code, stdout, stderr } = await run([...args, "-q"]);
    assert.equal(code, 1);
    assert.match(stdout, /^.*drawing-0\.png: \d\n$/);
    for (const [, words] of bad) assert.match(stderr, words);
    assert.equal(stderr.match(/^ {2}fix {9}/gm)?.length, bad.length, "each with a way to mend it");

    const json = await run([...args, "--json"]);
    assert.deepEqual([json.code, json.stderr], [1, ""]);
    assert.deepEqual(
      parseLines(json.stdout)
        .filter(({ event }) => event === "failed")
        .map(({ image, code: why }) => [image, why]),
      bad.map(([name, , why]) => [name, why]),
    );
  });

  test("a checkpoint is named by its directory, its prefix or a file of it; and may have been moved", async () => {
    const [path = ""] = paths();
    const answer = async (where: string) => (await run(["predict", path, "--model", where, "-q"])).stdout;
    const expected = await answer(model);
    assert.match(expected, /: \d\n$/);
    assert.equal(await answer(join(model, "model-440")), expected);
    assert.equal(await answer(join(model, "model-440.index")), expected);
    const moved = join(directory, "moved");
    await rename(model, moved);
    try {
      const { stdout } = await run(["predict", path, "--model", moved, "--json"]);
      assert.equal(parseLines(stdout)[0]?.checkpoint, join(moved, "model-440"));
      assert.equal(await answer(moved), expected);
    } finally {
      await rename(moved, model);
    }
  });

  test("without a model it says how to get one", async () => {
    const [path = ""] = paths();
    const nowhere = await run(["predict", path]);
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, ""]);
    assert.match(nowhere.stderr, /^NotFoundError: There is no checkpoint in this directory\n {2}fix .*train --save/);
    const wrong = await run(["predict", path, "--model", join(directory, "other")]);
    assert.match(wrong.stderr, /^NotFoundError: There is no checkpoint at .*other\n {2}fix .*train --save/);
    assert.equal((await run(["predict"])).code, 2);
    assert.equal((await run(["predict", path, "--model", model, "--top", "11"])).code, 2);
  });
});

test("any network that was saved is known again by what its checkpoint says", () =>
  withDirectory((directory) =>
    withDigits(async (data) => {
      const [drawing] = await writeDrawings(directory, 1);
      assert.ok(drawing !== undefined);
      for (const name of networkNames) {
        const model = join(directory, name);
        await run(["train", name, "--data", data, "--steps", "7", "--seed", "2", "--save", model]);
        const { code, stdout, stderr } = await run(["predict", drawing.path, "--model", model, "--json"]);
        assert.equal(code, 0, stderr);
        const [start, prediction] = parseLines(stdout);
        assert.equal(start?.network, name);
        const probabilities = prediction?.probabilities as number[];
        assert.ok(new Set(probabilities).size > 1 && probabilities.every((p) => p > 0 && p < 1), `${name}: trained`);
      }
    }),
  ));

test("a checkpoint that does not say which network it is needs --network, and the right one", () =>
  withDirectory((directory) =>
    withDigits(async (data) => {
      const [drawing] = await writeDrawings(directory, 1);
      assert.ok(drawing !== undefined);
      const model = join(directory, "model");
      await run(["train", "raw", "--data", data, "--steps", "7", "--seed", "2", "--save", model]);
      const args = ["predict", drawing.path, "--model", model, "-q"];
      const known = await run(args);
      const other = await run([...args, "--network", "workshop"]);
      assert.equal(other.code, 1);
      assert.match(other.stderr, /does not hold the network workshop\n {2}fix +it holds raw;/);
      await unlink(join(model, "model-7.meta"));
      const silent = await run(args);
      assert.equal(silent.code, 1);
      assert.match(
        silent.stderr,
        /^FailedPreconditionError: .* does not say which network it holds\n.*--network.*digitOf\(readPng/,
      );
      assert.deepEqual(await run([...args, "--network", "raw"]), known);
    }),
  ));

test("a network of clothes answers with their names", () =>
  withDirectory((directory) =>
    withDigits(async (data) => {
      const [drawing] = await writeDrawings(directory, 1);
      assert.ok(drawing !== undefined);
      const fashion = join(directory, "fashion-mnist");
      await rename(data, fashion);
      const model = join(directory, "model");
      await run(["train", "raw", "--data", fashion, "--steps", "7", "--seed", "2", "--save", model]);
      const { stdout } = await run(["predict", drawing.path, "--model", model, "-q"]);
      assert.match(stdout, /: [A-Z][A-Za-z/ -]+\n$/);
      await rename(fashion, data);
    }),
  ));
