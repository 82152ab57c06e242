/** @file The IDX parser: what it reads, and what it says of damaged files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DataLossError } from "../../src/core/index.js";
import { parseImages, parseLabels } from "../../src/datasets/idx.js";
import { idx, imageFile, labelFile } from "./support.js";

function rejects(run: () => unknown, ...words: readonly RegExp[]): void {
  assert.throws(run, (error: Error) => {
    assert.ok(error instanceof DataLossError, error.name);
    for (const word of words) assert.match(error.message, word);
    assert.match(error.message, /data\/file/);
    assert.match(error.message, /\n {2}fix /);
    return true;
  });
}

test("images and labels come out as they went in", () => {
  const images = parseImages(idx([2051, 2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]), "data/file");
  assert.deepEqual(images.shape, [2, 2, 3, 1]);
  assert.deepEqual([...images.data], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
  assert.deepEqual([...parseLabels(labelFile(12), "data/file").data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
});

test("a file may lie anywhere in a larger buffer", () => {
  const larger = new Uint8Array(100);
  larger.set(labelFile(3), 7);
  assert.deepEqual([...parseLabels(larger.subarray(7, 18), "data/file").data], [0, 1, 2]);
});

test("wrong magic numbers are told in TensorFlow's words", () => {
  rejects(
    () => parseImages(idx([1234, 1, 1, 1], [0]), "data/file"),
    /^Invalid magic number 1234 in MNIST image file: data\/file/,
  );
  rejects(
    () => parseLabels(idx([1234, 1], [0]), "data/file"),
    /^Invalid magic number 1234 in MNIST label file: data\/file/,
  );
});

test("swapped files are recognized", () => {
  rejects(
    () => parseImages(labelFile(30), "data/file"),
    /Invalid magic number 2049/,
    /a label file under the wrong name/,
  );
  rejects(
    () => parseLabels(imageFile(1), "data/file"),
    /Invalid magic number 2051/,
    /an image file under the wrong name/,
  );
});

test("missing and surplus bytes are counted", () => {
  const images = imageFile(3);
  rejects(
    () => parseImages(images.subarray(0, images.length - 5), "data/file"),
    /3 images of 2×2, 12 bytes/,
    /5 missing/,
  );
  rejects(() => parseImages(idx([2051, 1, 2, 2], [1, 2, 3, 4, 5]), "data/file"), /1 too many/);
  rejects(() => parseLabels(idx([2049, 4], [1, 2]), "data/file"), /4 labels/, /2 missing/);
});

test("files too short for a header, and empty ones", () => {
  rejects(() => parseImages(new Uint8Array(), "data/file"), /only 0 bytes/);
  rejects(() => parseImages(idx([2051, 1], []), "data/file"), /only 8 bytes/);
  rejects(() => parseImages(idx([2051, 0, 28, 28], []), "data/file"), /is empty/);
});

test("sizes that overflow 32 bits do not wrap around", () => {
  rejects(() => parseImages(idx([2051, 65536, 256, 256], [0]), "data/file"), /4294967296 bytes/);
});

test("an HTML page gets its own words", () => {
  for (const page of ["<!DOCTYPE html><html></html>", "\n\n  <html lang=en>", "\uFEFF<!doctype html>"])
    rejects(
      () => parseImages(new TextEncoder().encode(page), "data/file"),
      /data\/file is an HTML page, not an MNIST image file/,
    );
});

test("a label that is no digit", () => {
  rejects(() => parseLabels(idx([2049, 3], [1, 77, 2]), "data/file"), /Label 77 of example 1 is not 0 to 9/);
});
