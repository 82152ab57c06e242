/**
 * @file Feeds that a native program copies itself, from wherever the host's arrays lie: the threads share the
 * rows, many rows are under way at once, and each thread finds in its own cache what it copied.
 */
import { sizeOf } from "../../core/index.js";
import type { Program, ValueId } from "../../ir/index.js";

/** So many feeds at most: more than two large ones are rare. */
const mostFeeds = 2;
/** Smaller feeds are in place sooner than the threads have met. */
const worthSharing = 4096;

/** Numbers of the feeds that a program copies itself: float32, with rows, and large. */
export function directFeeds(program: Program, isRead: (id: ValueId) => boolean): number[] {
  const numbers = program.feeds.flatMap((id, i) => {
    const value = program.values[id];
    const suits =
      value !== undefined &&
      isRead(id) &&
      value.dtype === "float32" &&
      value.shape.length > 0 &&
      sizeOf(value.shape) >= worthSharing;
    return suits ? [{ i, size: sizeOf(value.shape) }] : [];
  });
  return numbers
    .sort((a, b) => b.size - a.size)
    .slice(0, mostFeeds)
    .map(({ i }) => i);
}

/** The functions and types; `feed` copies a thread's part of the rows. */
export const feedFunctions = `typedef struct { const void *source; const int32_t *order; int32_t begin, kind; float scale; int32_t given; } fed;
static void feed(u8 *m, const fed *f, uint32_t target, int32_t rows, int32_t row, int32_t thread, int32_t threads) {
  const int32_t begin = share(rows, thread, threads), end = share(rows, thread + 1, threads);
  if (f->kind == 0) return;
  const ptrdiff_t bytes = (ptrdiff_t)row * (f->kind == 1 ? 4 : 1);
  const u8 *const source = f->source;
  for (int32_t i = begin; i < end; i++) {
    const u8 *from = source + (f->order ? f->order[f->begin + i] : f->begin + i) * bytes;
    /* Rows in no order are fetched some ahead: no processor guesses where the next one lies. */
    if (f->order && i + 4 < end) {
      const u8 *ahead = source + f->order[f->begin + i + 4] * bytes;
      for (ptrdiff_t at = 0; at < bytes; at += 64) __builtin_prefetch(ahead + at);
    }
    f32 *to = (f32 *)(m + target) + (ptrdiff_t)i * row;
    if (f->kind == 1) memcpy(to, from, bytes);
    else {
      const float scale = f->scale;
      #pragma omp simd
      for (int32_t c = 0; c < row; c++) to[c] = (float)from[c] * scale;
    }
  }
}
`;

/** What `run_fed` is called with; it leaves everything in the block, where all threads read it. */
export const feedParameters = Array.from(
  { length: mostFeeds },
  (_, i) => `const void *s${i}, const int32_t *o${i}, int32_t b${i}, int32_t k${i}, float f${i}`,
).join(", ");

export const tellFeeds = (block: string): string =>
  `fed *f = (fed *)(m + ${block}); ${Array.from(
    { length: mostFeeds },
    (_, i) => `f[${i}] = (fed){ s${i}, o${i}, b${i}, k${i}, f${i}, 1 };`,
  ).join(" ")}`;

export const forgetFeeds = (block: string): string => `((fed *)(m + ${block}))->given = 0;`;

/** Calls that copy the feeds, where the run was told of some. */
export function copyFeeds(
  program: Program,
  direct: readonly number[],
  block: string,
  offset: (id: ValueId) => string,
): string[] {
  return direct.map((number, i) => {
    const id = program.feeds[number] as ValueId;
    const { shape } = program.values[id] as Program["values"][number];
    const row = sizeOf(shape.slice(1));
    return `feed(m, (const fed *)(m + ${block}) + ${i}, ${offset(id)}, ${shape[0]}, ${row}, thread, threads);`;
  });
}
