/**
 * @file Threads of native programs that take turns: between two meetings each does all of its part before the next
 * begins, in an order drawn anew every time. What one thread reads of another's part without having met it then
 * differs in every run where the order matters, and not once in a thousand. They are coroutines of the calling
 * thread, so there may be more of them than cores.
 */

import type { NativeToolchain } from "../../src/backends/index.js";
import { feedParameters } from "../../src/backends/native/c-feeds.js";

/** Follows a program's own text, whose `run` has become `run_with`. */
const turns = (threads: number, seed: number): string => `
#include <ucontext.h>
#include <stdlib.h>
#define THREADS ${threads}
enum { ready = -1, done = -2 };
static struct {
  team shared;
  team_step step;
  uint8_t *memory;
  /* What each thread is up to: ready, done, or the phase of the meeting at which it waits. */
  int64_t state[THREADS];
  int32_t results[THREADS];
  int32_t current;
  uint32_t random;
  ucontext_t contexts[THREADS], turns;
  uint8_t *stacks;
} crew;
static void part(void) {
  const int32_t thread = crew.current;
  crew.results[thread] = crew.step(crew.memory, &crew.shared, thread, THREADS);
  crew.state[thread] = done;
}
static void pass(int64_t state) {
  const int32_t thread = crew.current;
  crew.state[thread] = state;
  swapcontext(&crew.contexts[thread], &crew.turns);
}
static void doze(team *t, int32_t phase) { pass(phase); }
/* The last to arrive wakes the others, and waits for its turn as they do. */
static void rouse(team *t) { pass(ready); }
static int32_t run_in_turns(team *t, team_step step, uint8_t *memory) {
  crew.step = step;
  crew.memory = memory;
  if (crew.stacks == 0) crew.stacks = malloc((size_t)THREADS << 20);
  for (int32_t i = 0; i < THREADS; i++) {
    crew.state[i] = ready;
    getcontext(&crew.contexts[i]);
    crew.contexts[i].uc_stack.ss_sp = crew.stacks + ((size_t)i << 20);
    crew.contexts[i].uc_stack.ss_size = 1 << 20;
    crew.contexts[i].uc_link = &crew.turns;
    makecontext(&crew.contexts[i], part, 0);
  }
  for (;;) {
    int32_t able[THREADS], count = 0, left = 0;
    for (int32_t i = 0; i < THREADS; i++) {
      if (crew.state[i] == done) continue;
      left++;
      if (crew.state[i] == ready || crew.state[i] != crew.shared.phase) able[count++] = i;
    }
    if (left == 0) break;
    /* Somebody waits for a thread that has ended. */
    if (count == 0) return 1 << 30;
    crew.random = crew.random * 1664525u + 1013904223u;
    crew.current = able[(crew.random >> 16) % (uint32_t)count];
    swapcontext(&crew.turns, &crew.contexts[crew.current]);
  }
  for (int32_t i = 1; i < THREADS; i++)
    if (crew.results[i] != crew.results[0]) return 1 << 29;
  return crew.results[0];
}
static void *begin(void *with) {
  crew.shared.run = run_in_turns;
  crew.shared.doze = doze;
  crew.shared.rouse = rouse;
  crew.shared.threads = THREADS;
  crew.shared.sleepers = 1;
  if (with != 0) crew.random = ${seed % 1_000_000}u;
  return &crew.shared;
}
int32_t run(uint8_t *memory, void *with) { return run_with(memory, begin(with)); }
int32_t run_fed(uint8_t *memory, void *with, ${feedParameters}) {
  return run_fed_with(memory, begin(with), s0, o0, b0, k0, f0, s1, o1, b1, k1, f1);
}
`;

const entries = ["run", "run_fed"];

/** A toolchain whose programs run on so many threads that take turns. */
export function inTurns(toolchain: NativeToolchain, threads: number, seed: number): NativeToolchain {
  return {
    vectorUnit: () => toolchain.vectorUnit(),
    load: async (parts, thorough) => {
      // What runs a step is in the last part.
      let text = parts.at(-1) as string;
      for (const name of entries) {
        if (!text.includes(`\nint32_t ${name}(`))
          throw new Error("The programs of the native backend do not begin as they did");
        text = text.replace(`\nint32_t ${name}(`, `\nstatic int32_t ${name}_with(`);
      }
      const program = await toolchain.load([...parts.slice(0, -1), text + turns(threads, seed)], thorough);
      // A library that was loaded before has its old numbers: the first run begins them anew, so that it replays.
      let first: Uint8Array | null = new Uint8Array(1);
      const begin = (): Uint8Array | null => {
        const now = first;
        first = null;
        return now;
      };
      return {
        run: (memory) => program.run(memory, begin()),
        runFed: (memory, _, one, other) => program.runFed(memory, begin(), one, other),
      };
    },
    team: async () => null,
  };
}
