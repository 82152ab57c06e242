/**
 * @file Threads of native programs: a team is a persistent set of threads that run one function together
 * and meet inside it. Waiting spins for some microseconds and then sleeps, so that a step that follows at
 * once finds everybody awake and an idle session costs nothing.
 */

/** What programs know of a team; part of every translation, and of the team's own library. */
export const teamHeader = `typedef struct team team;
typedef int32_t (*team_step)(uint8_t *memory, team *t, int32_t thread, int32_t threads);
struct team {
  int32_t (*run)(team *, team_step, uint8_t *);
  void (*doze)(team *, int32_t phase);
  void (*rouse)(team *);
  int32_t threads;
  int32_t spins;
  _Alignas(64) int32_t arrived;
  _Alignas(64) int32_t phase;
  int32_t sleepers;
};
#if defined(__x86_64__) || defined(__i386__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("yield")
#else
#define RELAX() ((void)0)
#endif
/* Returns when all threads are here; what they wrote before is seen by all. */
static inline void meet(team *t, int32_t threads) {
  if (threads == 1) return;
  const int32_t phase = __atomic_load_n(&t->phase, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&t->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
    __atomic_store_n(&t->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&t->phase, phase + 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&t->sleepers, __ATOMIC_SEQ_CST) != 0) t->rouse(t);
    return;
  }
  for (int32_t i = 0; i < t->spins; i++) {
    if (__atomic_load_n(&t->phase, __ATOMIC_ACQUIRE) != phase) return;
    RELAX();
  }
  t->doze(t, phase);
}
/* Where a thread's part of so many units begins. */
static inline int32_t share(int32_t units, int32_t thread, int32_t threads) {
  return (int32_t)((int64_t)units * thread / threads);
}`;

/** A library that makes teams: \`team_open(threads)\`; its threads live as long as the process. */
export const teamLibrary = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
${teamHeader}
struct crew {
  team shared;
  pthread_mutex_t lock;
  pthread_cond_t woken;
  team_step step;
  uint8_t *memory;
};
struct hand { struct crew *crew; int32_t thread; };
static void doze(team *t, int32_t phase) {
  struct crew *c = (struct crew *)t;
  pthread_mutex_lock(&c->lock);
  __atomic_add_fetch(&t->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&t->phase, __ATOMIC_SEQ_CST) == phase) pthread_cond_wait(&c->woken, &c->lock);
  __atomic_sub_fetch(&t->sleepers, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&c->lock);
}
static void rouse(team *t) {
  struct crew *c = (struct crew *)t;
  pthread_mutex_lock(&c->lock);
  pthread_cond_broadcast(&c->woken);
  pthread_mutex_unlock(&c->lock);
}
static void *work(void *argument) {
  struct hand hand = *(struct hand *)argument;
  free(argument);
  team *t = &hand.crew->shared;
  for (;;) {
    meet(t, t->threads);
    hand.crew->step(hand.crew->memory, t, hand.thread, t->threads);
    meet(t, t->threads);
  }
  return 0;
}
static int32_t run(team *t, team_step step, uint8_t *memory) {
  struct crew *c = (struct crew *)t;
  c->step = step;
  c->memory = memory;
  meet(t, t->threads);
  const int32_t result = step(memory, t, 0, t->threads);
  meet(t, t->threads);
  return result;
}
void *team_open(int32_t threads) {
  /* The threads outlive whoever loaded this library: it must stay when that one unloads it. */
  Dl_info self;
  if (dladdr((void *)work, &self) == 0 || dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE) == 0) return 0;
  struct crew *c = aligned_alloc(64, (sizeof(struct crew) + 63) / 64 * 64);
  if (c == 0) return 0;
  *c = (struct crew){ .shared = { .run = run, .doze = doze, .rouse = rouse, .threads = threads, .spins = 2000 } };
  pthread_mutex_init(&c->lock, 0);
  pthread_cond_init(&c->woken, 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (int32_t thread = 1; thread < threads; thread++) {
    struct hand *hand = malloc(sizeof(struct hand));
    pthread_t id;
    if (hand == 0) return 0;
    *hand = (struct hand){ c, thread };
    if (pthread_create(&id, &attributes, work, hand) != 0) return 0;
  }
  return c;
}
`;
