/**
 * @file Whether a program runs on all threads or on one: whichever has been faster of late. Threads that have
 * no processor of their own keep each other waiting, and what else a machine does changes from minute to
 * minute. Results are the same bits either way. Imports nothing.
 */

/** Runs of a trial, of which the last ones are timed: the first ones move data between caches. */
const trialRuns = 8;
const timedRuns = 6;
/** Runs after which the other way is tried again; twice as many each time it loses. */
const firstStretch = 200;
const longestStretch = 6400;

/** One for each program. */
export class Pace {
  private together = true;
  private best = true;
  private readonly medians: { together?: number; alone?: number } = {};
  private isTrial = true;
  private count = 0;
  private length = trialRuns;
  private stretch = firstStretch;
  private readonly times = new Float64Array(timedRuns);

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs the program once, on all threads or on one. */
  run(program: (together: boolean) => number): number {
    const timed = this.count - (this.length - timedRuns);
    const start = timed < 0 ? 0 : this.now();
    const result = program(this.together);
    if (timed >= 0) this.times[timed] = this.now() - start;
    if (++this.count === this.length) this.turn();
    return result;
  }

  private turn(): void {
    const { medians } = this;
    medians[this.together ? "together" : "alone"] = this.times.sort()[timedRuns / 2] as number;
    this.count = 0;
    const { together, alone } = medians;
    if (!this.isTrial || together === undefined || alone === undefined) {
      this.together = !this.together;
      this.isTrial = true;
      this.length = trialRuns;
      return;
    }
    const best = together <= alone;
    this.stretch = best === this.best ? Math.min(2 * this.stretch, longestStretch) : firstStretch;
    this.best = best;
    this.together = best;
    this.isTrial = false;
    this.length = this.stretch;
  }
}
