/** @file The text of one C function while it is written: lines at their depth, names that are new. */
export class CText {
  private readonly lines: (string | (() => string))[] = [];
  private depth = 0;
  private count = 0;

  line(text: string): void {
    this.lines.push("  ".repeat(this.depth) + text);
  }

  /** A line that is known only when all functions are written. */
  lateLine(text: () => string): void {
    const indent = "  ".repeat(this.depth);
    this.lines.push(() => indent + text());
  }

  /** A block: its head, then what `body` writes. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`);
    this.depth++;
    body();
    this.depth--;
    this.line("}");
  }

  /** `for (name = 0 … extent − 1)`. */
  loop(name: string, extent: number | string, body: () => void): void {
    this.block(`for (int32_t ${name} = 0; ${name} < ${extent}; ${name}++)`, body);
  }

  /** Loops over several axes, the last one innermost; `innermost` is a pragma for that one. */
  loops(axes: readonly (readonly [name: string, extent: number])[], body: () => void, innermost?: string): void {
    const [axis, ...rest] = axes;
    if (axis === undefined) body();
    else {
      if (rest.length === 0 && innermost !== undefined) this.line(innermost);
      this.loop(axis[0], axis[1], () => this.loops(rest, body, innermost));
    }
  }

  readonly unique = (prefix = "t"): string => `${prefix}${this.count++}`;

  toString(): string {
    return this.lines.map((line) => (typeof line === "string" ? line : line())).join("\n");
  }
}
