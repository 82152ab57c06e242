/** @file Places in the user's program, as the stacks of engines tell them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { callSiteOf } from "../../src/core/index.js";

test("the first frame outside the library, in every engine's spelling", () => {
  const library = new URL("../../src/core/errors.js", import.meta.url).href;
  const frames: readonly (readonly [frame: string, place: string])[] = [
    ["    at build (file:///home/me/net.js:3:5)", "/home/me/net.js:3:5"],
    ["    at new Net (/home/my nets/net.js:3:5)", "/home/my nets/net.js:3:5"],
    ["    at file:///home/me/net.js:3:5", "/home/me/net.js:3:5"],
    // What awaits the library: in a function, and at the top of a module.
    ["    at async train (file:///home/me/net.js:3:5)", "/home/me/net.js:3:5"],
    ["    at async file:///home/me/net.js:3:5", "/home/me/net.js:3:5"],
    ["    at async C:\\nets\\net.js:3:5", "C:\\nets\\net.js:3:5"],
    ["build@https://example.org/net.js:3:5", "https://example.org/net.js:3:5"],
    ["@https://example.org/net.js:3:5", "https://example.org/net.js:3:5"],
  ];
  for (const [frame, place] of frames)
    assert.equal(callSiteOf({ stack: `Error\n    at inner (${library}:1:1)\n${frame}\n    at b (/b.js:1:1)` }), place);
  assert.equal(
    callSiteOf({ stack: `Error: see\n    at inner (${library}:1:1)\n    at node:internal/a:1:2` }),
    undefined,
  );
  assert.equal(callSiteOf({}), undefined);
});
