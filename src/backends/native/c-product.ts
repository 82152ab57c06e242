/**
 * @file Products as C. The innermost part, a tile of sums in registers while the summed axes run, is a
 * function for each shape of tile that a program needs; around it a kernel walks its units, chunks and
 * tiles, and computes the epilogue (bias, activation, optimizer update) on the finished sums of a tile.
 */
import {
  axesOf,
  coefficientOf,
  dependsOn,
  groupPanels,
  lineElements,
  narrowColumns,
  type ProductTarget,
  panelSize,
  panelStrides,
  panelsAtOnce,
  partialSize,
  productUnits,
  registersOf,
  rowsOfTile,
  type ScheduledContraction,
  tileSizes,
} from "../../compiler/index.js";
import { sizeOf } from "../../core/index.js";
import type { Expr, ExpressionBuilder, LoadExpr } from "../../ir/index.js";
import type { KernelText } from "./c-loops.js";
import type { CFunction } from "./c-parts.js";

/** What has fewer elements is in a cache anyway. */
const fetchedAhead = 16_384;

/** Rows and vectors of columns in registers. */
interface TileShape {
  readonly rows: number;
  readonly vectors: number;
}

export const tileName = ({ rows, vectors }: TileShape): string => `tile_${rows}_${vectors}`;

/**
 * Sums `rows` × `vectors` vectors over `outer` × `inner` steps, starting from `sums` where `resume` says
 * so. Rows have a pointer each; `sums` has `vectors` whole vectors in each row.
 */
export function tileFunction({ rows, vectors }: TileShape, { lanes }: ProductTarget): CFunction {
  const row = Array.from({ length: rows }, (_, r) => r);
  const column = Array.from({ length: vectors }, (_, v) => v);
  const each = (text: (r: number, v: number) => string): string =>
    row.map((r) => column.map((v) => text(r, v)).join(" ")).join("\n  ");
  const parameters =
    "const f32 *const *a, const f32 *b, int32_t outer, ptrdiff_t a_outer, ptrdiff_t b_outer, " +
    "int32_t inner, ptrdiff_t a_step, ptrdiff_t b_step, f32 *sums, int32_t resume";
  const head = `__attribute__((noinline)) void ${tileName({ rows, vectors })}(${parameters})`;
  const body = `  ${row.map((r) => `const f32 *a${r} = a[${r}];`).join(" ")}
  ${each((r, v) => `lanes s${r}_${v} = {0};`)}
  if (resume) {
  ${each((r, v) => `s${r}_${v} = *(const lanes *)(sums + ${(r * vectors + v) * lanes});`)}
  }
  ptrdiff_t from = 0;
  for (int32_t o = 0; o < outer; o++) {
    ptrdiff_t i = from;
    const f32 *y = b;
    UNROLLED
    for (int32_t p = 0; p < inner; p++) {
      ${column.map((v) => `lanes y${v} = *(const lanes *)(y + ${v * lanes}); KEEP(y${v});`).join(" ")}
      ${row.map((r) => `{ const float x = a${r}[i]; ${column.map((v) => `s${r}_${v} += x * y${v};`).join(" ")} }`).join("\n      ")}
      i += a_step;
      y += b_step;
    }
    from += a_outer;
    b += b_outer;
  }
  ${each((r, v) => `*(lanes *)(sums + ${(r * vectors + v) * lanes}) = s${r}_${v};`)}`;
  return { head, body };
}

/**
 * The vector type of tiles. `KEEP` holds a vector in a register: compilers would rather read it again in
 * each multiply-add, and then the loads take longer than the arithmetic. `UNROLLED` steps share one count: a
 * core whose other thread is busy starts few instructions in a cycle, so that each beside the arithmetic tells.
 */
export const tileTypes = ({ lanes }: ProductTarget): string => `#include <stddef.h>
typedef float lanes __attribute__((vector_size(${4 * lanes}), aligned(4), may_alias));
#if defined(__x86_64__)
#define KEEP(x) __asm__("" : "+x"(x))
#elif defined(__aarch64__)
#define KEEP(x) __asm__("" : "+w"(x))
#else
#define KEEP(x) ((void)0)
#endif
#if defined(__clang__)
#define UNROLLED _Pragma("unroll 4")
#else
#define UNROLLED _Pragma("GCC unroll 4")
#endif
${turnFunction(lanes)}`;

/**
 * A square of as many rows as a vector has lanes, its rows `stride` apart, to columns `step` apart: in each
 * round pairs of vectors swap what lies `1, 2, 4, …` lanes beside the diagonal.
 */
function turnFunction(lanes: number): string {
  const all = Array.from({ length: lanes }, (_, i) => i);
  const list = (element: (lane: number) => number): string => all.map(element).join(", ");
  const rounds: string[] = [];
  for (let distance = 1; distance < lanes; distance *= 2) {
    const isFar = (i: number): boolean => (i & distance) !== 0;
    for (const i of all.filter((row) => !isFar(row))) {
      const [near, far] = [`r${i}`, `r${i + distance}`];
      const low = list((lane) => (isFar(lane) ? lanes + lane - distance : lane));
      const high = list((lane) => (isFar(lane) ? lanes + lane : lane + distance));
      rounds.push(
        `{ const lanes x = ${near}; ${near} = SHUFFLE(x, ${far}, ${low}); ${far} = SHUFFLE(x, ${far}, ${high}); }`,
      );
    }
  }
  return `#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
typedef int32_t order __attribute__((vector_size(${4 * lanes})));
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (order){ __VA_ARGS__ })
#endif
static inline void turn(const f32 *from, ptrdiff_t stride, f32 *to, ptrdiff_t step) {
  ${all.map((i) => `lanes r${i} = *(const lanes *)(from + ${i} * stride);`).join(" ")}
  ${rounds.join("\n  ")}
  ${all.map((i) => `*(lanes *)(to + ${i} * step) = r${i};`).join(" ")}
}`;
}

const positionOf = (operand: Expr): Expr => (operand as LoadExpr).indices[0] as Expr;

/** A position without what the summed axes add to it. */
function startOf(e: ExpressionBuilder, position: Expr, summed: readonly number[]): Expr {
  const { offset, terms } = e.linearOf(position);
  return e.fromLinear({
    offset,
    terms: terms.filter(({ atom }) => !summed.some((axis) => dependsOn(atom, axis))),
  });
}

/** Writes units `begin` to `end` of a product; `needTile` is told the shapes of tiles it calls. */
export function writeProduct(
  kernel: ScheduledContraction,
  kernelText: KernelText,
  target: ProductTarget,
  needTile: (shape: TileShape) => void,
): void {
  const { text, program } = kernelText;
  const e = program.builder;
  const { tileColumns, lanes } = target;
  const { batch, unit, narrowFrom, chunk, partial, panel } = kernel;
  const [m, n] = [sizeOf(kernel.m), sizeOf(kernel.n)];
  const numbers = axesOf(kernel);
  if ([...batch, m, n].includes(0)) return;
  const { rowBlocks, columnBlocks } = productUnits(kernel);

  const bound =
    (row: string, column: string) =>
    (axis: number): string =>
      axis === numbers.m[0] ? row : axis === numbers.n[0] ? column : `i${axis}`;
  const strides = (operand: Expr): number[] =>
    numbers.k.map((axis) => coefficientOf(e, positionOf(operand), axis) as number);
  const aStrides = strides(kernel.a);
  const bStrides = panel === null ? strides(kernel.b) : panelStrides(kernel, target);
  const pointer = (operand: Expr, name: (axis: number) => string): string => {
    const writer = kernelText.writer(name);
    const at = writer.value(startOf(e, positionOf(operand), numbers.k));
    for (const line of writer.lines) text.line(line);
    return `${kernelText.array((operand as LoadExpr).value)} + ${at}`;
  };
  const minimum = (a: string, b: string | number): string => `${a} < ${b} ? ${a} : ${b}`;

  /**
   * Asks for what the epilogue will overwrite while the sums are computed: a tile's part of a matrix is a few
   * short rows far apart, which no processor guesses.
   */
  const fetchAhead = (columns: number): void => {
    const places = kernel.stores.filter(
      ({ value, indices }) =>
        sizeOf(kernelText.factsOf(value).shape) > fetchedAhead &&
        coefficientOf(e, indices[0] as Expr, numbers.n[0] ?? -1) === 1,
    );
    if (places.length === 0) return;
    text.block(partial === null ? "" : "if (last)", () =>
      text.loop("r", "rows", () => {
        const writer = kernelText.writer(bound("(row + r)", "column"));
        const starts = places.map(
          ({ value, indices }) => `${kernelText.array(value)} + ${writer.position(indices[0] as Expr)}`,
        );
        for (const line of writer.lines) text.line(line);
        for (const start of starts)
          for (let c = 0; c < columns; c += lineElements) text.line(`__builtin_prefetch(${start} + ${c}, 1);`);
      }),
    );
  };

  /** A tile of so many columns, as high as there is room: sums over a chunk, then the epilogue if it was the last. */
  const tile = (columns: number): void => {
    const vectors = Math.ceil(columns / lanes);
    const highest = rowsOfTile(columns, target);
    const heights = tileSizes(m, highest, unit.rows);
    const [most = 0] = heights;
    for (const rows of heights) needTile({ rows, vectors });
    text.line(`const int32_t rows = ${heights.length === 1 ? most : minimum("end_row - row", highest)};`);
    text.line(`const f32 *a[${most}];`);
    text.loop("r", "rows", () => text.line(`a[r] = ${pointer(kernel.a, bound("(row + r)", ""))} + a_chunk;`));
    if (partial !== null) {
      const room = `${kernelText.array(partial)} + (int64_t)thread * ${partialSize(kernel)}`;
      text.line(
        `f32 *sums = ${room} + (column - first_column) * ${unit.rows} + (row - first_row) * ${vectors * lanes};`,
      );
    } else text.line(`_Alignas(64) f32 sums[${most * vectors * lanes}];`);
    fetchAhead(columns);
    // The two innermost axes run inside the tile, others and the chunk around it.
    const depth = kernel.k.length;
    const extentOf = (axis: number): string => (axis === 0 ? "steps" : String(kernel.k[axis]));
    const around = Math.max(0, depth - 2);
    const walk = (axis: number): string =>
      axis < 0 ? "1, 0, 0" : `${extentOf(axis)}, ${aStrides[axis]}, ${bStrides[axis]}`;
    const call = (): void => {
      const offset = (list: readonly number[]): string =>
        Array.from({ length: around }, (_, axis) => ` + k${axis} * ${list[axis]}`).join("");
      const started = Array.from({ length: around }, (_, axis) => ` | k${axis}`).join("");
      if (around > 0) {
        text.line(`const f32 *moved[${most}];`);
        text.loop("r", "rows", () => text.line(`moved[r] = a[r]${offset(aStrides)};`));
      }
      const given = [around > 0 ? "moved" : "a", `b${offset(bStrides)}`, walk(depth - 2), walk(depth - 1)];
      heights.forEach((rows, i) => {
        const condition = i === heights.length - 1 ? "" : `if (rows == ${rows}) `;
        const name = tileName({ rows, vectors });
        text.line(`${i > 0 ? "else " : ""}${condition}${name}(${given.join(", ")}, sums, first${started});`);
      });
    };
    const nest = (axis: number): void => {
      if (axis === around) call();
      else text.loop(`k${axis}`, extentOf(axis), () => nest(axis + 1));
    };
    nest(0);
    const epilogue = (): void =>
      text.loop("r", "rows", () => {
        text.line("#pragma omp simd");
        text.loop("c", columns, () => {
          const registers = new Map([...registersOf(kernel)].map((id) => [id, `sums[r * ${vectors * lanes} + c]`]));
          kernelText.stores(kernel.stores, kernelText.writer(bound("(row + r)", "(column + c)"), registers));
        });
      });
    if (partial === null) epilogue();
    else text.block("if (last)", epilogue);
  };

  const narrow = narrowColumns(target);
  const columnSizes =
    narrowFrom < n
      ? [...new Set([...(narrowFrom > 0 ? [tileColumns] : []), ...tileSizes(n - narrowFrom, narrow, n)])]
      : tileSizes(n, tileColumns, unit.columns);

  text.block("for (int32_t unit = begin; unit < end; unit++)", () => {
    let rest = `unit / ${rowBlocks * columnBlocks}`;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      text.line(`const int32_t i${axis} = ${axis === 0 ? rest : `(${rest}) % ${batch[axis]}`};`);
      rest = `(${rest}) / ${batch[axis]}`;
    }
    text.line(`const int32_t first_row = unit % ${rowBlocks} * ${unit.rows};`);
    text.line(`const int32_t end_row = ${minimum(`first_row + ${unit.rows}`, m)};`);
    text.line(`const int32_t first_column = unit / ${rowBlocks} % ${columnBlocks} * ${unit.columns};`);
    text.line(`const int32_t end_column = ${minimum(`first_column + ${unit.columns}`, n)};`);
    const [outermost = 1] = kernel.k;
    text.block(`for (int32_t from = 0; from < ${outermost}; from += ${chunk})`, () => {
      text.line(`const int32_t steps = ${minimum(`${outermost} - from`, chunk)};`);
      text.line(`const int32_t first = from > 0, last = from + ${chunk} >= ${outermost};`);
      text.line(`const ptrdiff_t a_chunk = (ptrdiff_t)from * ${aStrides[0] ?? 0};`);
      const widest = narrowFrom < n ? `(column < ${narrowFrom} ? ${tileColumns} : ${narrow})` : String(tileColumns);
      const eachColumn = (body: () => void): void =>
        text.block("for (int32_t column = group, width; column < end_group; column += width)", () => {
          text.line(`width = ${minimum("end_group - column", widest)};`);
          body();
        });
      const tiles = (): void =>
        eachColumn(() => {
          const from = bStrides[0] ?? 0;
          if (panel === null)
            text.line(`const f32 *b = ${pointer(kernel.b, bound("", "column"))} + (ptrdiff_t)from * ${from};`);
          else text.line(`const f32 *b = panel; panel += ${panelSize(kernel, tileColumns)};`);
          for (const columns of columnSizes) {
            const rows = `for (int32_t row = first_row; row < end_row; row += ${rowsOfTile(columns, target)})`;
            text.block(`if (width == ${columns}) ${rows}`, () => tile(columns));
          }
        });
      if (panel === null) {
        text.line("const int32_t group = first_column, end_group = end_column;");
        tiles();
      } else
        text.block("for (int32_t group = first_column, end_group; group < end_column; group = end_group)", () => {
          text.line(`end_group = ${minimum(`group + ${groupPanels * tileColumns}`, "end_column")};`);
          // No group ends among the narrow tiles.
          if (narrowFrom < n) text.line(`if (end_group > ${narrowFrom}) end_group = end_column;`);
          writePanels(kernel, kernelText, target, columnSizes, eachColumn);
          tiles();
        });
    });
  });
}

/**
 * Copies what the tiles of a chunk read of the second operand into the thread's panels, one for each column
 * of tiles: row by row of the operand as it lies in memory, since that is what caches fetch ahead.
 */
function writePanels(
  kernel: ScheduledContraction,
  kernelText: KernelText,
  { tileColumns, lanes }: ProductTarget,
  widths: readonly number[],
  eachColumn: (body: () => void) => void,
): void {
  const { text, program } = kernelText;
  const e = program.builder;
  const { k, b } = kernel;
  const numbers = axesOf(kernel);
  const last = numbers.k.at(-1);
  const size = panelSize(kernel, tileColumns);
  const panels = panelsAtOnce(kernel, { tileColumns });
  const room = `${kernelText.array(kernel.panel as number)} + (int64_t)thread * ${size * panels}`;
  const name = (axis: number): string => {
    const step = numbers.k.indexOf(axis);
    if (step >= 0) return step === 0 ? "(from + k0)" : `k${step}`;
    return axis === numbers.n[0] ? "(column + c)" : `i${axis}`;
  };
  const step = k.reduce((flat, extent, axis) => (flat === "" ? `k${axis}` : `(${flat}) * ${extent} + k${axis}`), "");
  const place = `panel[(${step === "" ? "0" : step}) * ${tileColumns} + c]`;
  const copy = (): void => text.line(`${place} = ${kernelText.value(b, name)};`);
  const extentOf = (axis: number): string => (axis === 0 ? "steps" : String(k[axis]));
  const columnStride = b.kind === "load" ? coefficientOf(e, positionOf(b), numbers.n[0] ?? -1) : undefined;
  const isTurned =
    b.kind === "load" && columnStride !== 1 && last !== undefined && coefficientOf(e, positionOf(b), last) === 1;
  const steps = (axes: readonly number[], body: () => void): void => {
    const [axis, ...inner] = axes;
    if (axis === undefined) body();
    else text.loop(`k${axis}`, extentOf(axis), () => steps(inner, body));
  };
  const all = k.map((_, axis) => axis);
  text.line(`f32 *panel = ${room};`);
  if (isTurned) {
    // Squares of vectors are turned in registers; what is left over at the edges goes one by one.
    const axis = k.length - 1;
    eachColumn(() => {
      steps(all.slice(0, -1), () => {
        text.line(`const int32_t squares = ${extentOf(axis)} / ${lanes} * ${lanes};`);
        text.line("int32_t turned = 0;");
        if (columnStride !== undefined)
          text.block(`for (; turned + ${lanes} <= width; turned += ${lanes})`, () => {
            text.line("const int32_t c = turned;");
            text.block(`for (int32_t k${axis} = 0; k${axis} < squares; k${axis} += ${lanes})`, () => {
              const writer = kernelText.writer(name);
              const at = writer.value(positionOf(b));
              for (const line of writer.lines) text.line(line);
              const from = `${kernelText.array((b as LoadExpr).value)} + ${at}`;
              text.line(`turn(${from}, ${columnStride}, &${place}, ${tileColumns});`);
            });
            text.block(`for (int32_t k${axis} = squares; k${axis} < ${extentOf(axis)}; k${axis}++)`, () =>
              text.block(`for (int32_t c = turned; c < turned + ${lanes}; c++)`, copy),
            );
          });
        text.block("for (int32_t c = turned; c < width; c++)", () => text.loop(`k${axis}`, extentOf(axis), copy));
      });
      text.line(`panel += ${size};`);
    });
  } else
    steps(all, () => {
      eachColumn(() => {
        for (const width of widths)
          text.block(`if (width == ${width})`, () => {
            text.line("#pragma omp simd");
            // Whole vectors, where what lies behind may be read: nobody uses those sums.
            text.loop("c", columnStride === 1 ? Math.ceil(width / lanes) * lanes : width, copy);
          });
        text.line(`panel += ${size};`);
      });
      text.line(`panel = ${room};`);
    });
  text.line(`panel = ${room};`);
}
