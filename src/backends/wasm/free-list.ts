/**
 * @file Memory that was given back: blocks by address, neighbours joined, handed out first fit. Knows
 * numbers alone.
 */

interface Block {
  readonly address: number;
  readonly bytes: number;
}

export class FreeList {
  private blocks: Block[] = [];

  /** Bytes that wait to be used again. */
  get bytes(): number {
    return this.blocks.reduce((sum, block) => sum + block.bytes, 0);
  }

  /** Address of a block of so many bytes, which is no longer free; `undefined` where none is large enough. */
  take(bytes: number): number | undefined {
    const at = this.blocks.findIndex((block) => block.bytes >= bytes);
    const block = this.blocks[at];
    if (block === undefined) return undefined;
    const rest = block.bytes - bytes;
    this.blocks.splice(at, 1, ...(rest > 0 ? [{ address: block.address + bytes, bytes: rest }] : []));
    return block.address;
  }

  give(address: number, bytes: number): void {
    const after = this.blocks.findIndex((block) => block.address > address);
    const at = after < 0 ? this.blocks.length : after;
    const before = this.blocks[at - 1];
    const next = this.blocks[at];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsNext = next !== undefined && address + bytes === next.address;
    const begin = joinsBefore ? before.address : address;
    const end = joinsNext ? next.address + next.bytes : address + bytes;
    const from = joinsBefore ? at - 1 : at;
    this.blocks.splice(from, (joinsBefore ? 1 : 0) + (joinsNext ? 1 : 0), { address: begin, bytes: end - begin });
  }
}
