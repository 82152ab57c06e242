/** @file The control block of a shared memory: words by which threads find their work and each other. */

/** Bytes of the words below, in cache lines of their own. */
export const controlBytes = 256;
/** Positions of 32-bit words: the number of the step at hand, its program, and who sleeps waiting for one. */
export const words = { step: 0, program: 1, sleepers: 2 } as const;
/** Bytes from the start of the control block to what threads meet at. */
export const meeting = { arrived: 64, phase: 128, sleepers: 192 } as const;
