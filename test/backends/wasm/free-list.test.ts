/** @file Memory given back: never handed out twice, and whole again when all has returned. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FreeList } from "../../../src/backends/wasm/free-list.js";
import { Random } from "../../../src/core/random.js";

test("blocks handed out never overlap, and neighbours become one again", () => {
  const random = new Random(5);
  const free = new FreeList();
  const total = 64 * 200;
  free.give(64, total);
  const held: { readonly address: number; readonly bytes: number }[] = [];
  let refused = 0;
  for (let step = 0; step < 5000; step++) {
    if (random.integer(2) === 0 || held.length === 0) {
      const bytes = 64 * (1 + random.integer(20));
      const address = free.take(bytes);
      if (address === undefined) refused++;
      else {
        assert.ok(address >= 64 && address + bytes <= 64 + total);
        for (const other of held)
          assert.ok(address + bytes <= other.address || other.address + other.bytes <= address, "overlap");
        held.push({ address, bytes });
      }
    } else {
      const [block] = held.splice(random.integer(held.length), 1);
      if (block !== undefined) free.give(block.address, block.bytes);
    }
    const used = held.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(free.bytes + used, total);
  }
  assert.ok(refused > 0, "the test never filled the memory");
  for (const { address, bytes } of held) free.give(address, bytes);
  assert.equal(free.take(total), 64);
  assert.equal(free.take(64), undefined);
});
