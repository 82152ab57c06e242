/** @file The line of progress: redraws, width, and silence where no terminal is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressLine, progressBar } from "../../src/platform/progress-line.js";

function recorded(isTerminal: boolean, columns?: number) {
  const written: string[] = [];
  let time = 1000;
  const line = new ProgressLine({
    stream: { isTerminal, columns, colorDepth: 1, write: (text) => void written.push(text) },
    now: () => time,
  });
  return { line, written, wait: (milliseconds: number) => (time += milliseconds) };
}

test("redraws at most every 50 ms and wipes itself at the end", () => {
  const { line, written, wait } = recorded(true);
  line.update("one");
  wait(49);
  line.update("too soon");
  wait(1);
  line.update("two");
  line.finish("done");
  assert.deepEqual(written, ["\rone\x1b[K", "\rtwo\x1b[K", "\r\x1b[K", "done\n"]);
});

test("keeps to the terminal's width, 80 where it is unknown", () => {
  const narrow = recorded(true, 10);
  narrow.line.update("━".repeat(30));
  assert.deepEqual(narrow.written, [`\r${"━".repeat(9)}\x1b[K`]);
  const unknown = recorded(true);
  unknown.line.update("x".repeat(100));
  assert.deepEqual(unknown.written, [`\r${"x".repeat(79)}\x1b[K`]);
});

test("without a terminal only whole lines appear", () => {
  const { line, written } = recorded(false);
  line.update("half");
  line.finish();
  line.update("half");
  line.finish("whole");
  assert.deepEqual(written, ["whole\n"]);
});

test("the bar fills from nothing to all, whatever the fraction", () => {
  assert.equal(progressBar(0, 4), "────");
  assert.equal(progressBar(0.5, 4), "━━──");
  assert.equal(progressBar(1, 4), "━━━━");
  assert.equal(progressBar(7, 4), "━━━━");
  assert.equal(progressBar(-1, 4), "────");
});
