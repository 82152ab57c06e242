/**
 * @file Whether a program runs on all threads or on one: whichever has been faster of late. Threads that have
 * no processor of their own keep each other waiting, and what else a machine does changes from minute to
 * minute. Results are the same bits either way. Imports nothing.
 */

/** Most runs of a trial. */
const trialRuns = 8;
/** Runs of this time are long: three of them are enough for a trial. */
const longRun = 5;
/** So many times the runs of a trial pass until the other way is tried again; twice as many each time it loses. */
const firstStretch = 25;
const longestStretch = 800;

/** One for each program. */
export class Pace {
  private together = true;
  private best = true;
  private readonly medians: { together?: number; alone?: number } = {};
  private isTrial = true;
  /** Runs since the last turn, and how many there will be: of a trial, at most. */
  private count = 0;
  private length = trialRuns;
  private stretch = firstStretch;
  /** Times of the latest runs of a trial or a stretch. */
  private readonly times: number[] = [];
  private lastTrial = trialRuns;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs the program once, on all threads or on one. */
  run(program: (together: boolean) => number): number {
    this.count++;
    if (this.count <= this.length - trialRuns) return program(this.together);
    const start = this.now();
    const result = program(this.together);
    const time = this.now() - start;
    this.times.push(time);
    if (this.count === this.length || (this.isTrial && this.count > 2 && time >= longRun)) this.turn();
    return result;
  }

  private turn(): void {
    const { medians, times } = this;
    // The first runs of a trial move data between caches.
    if (this.isTrial) {
      this.lastTrial = times.length;
      times.splice(0, times.length > 4 ? 2 : 1);
    }
    medians[this.together ? "together" : "alone"] = times.sort((a, b) => a - b)[(times.length - 1) >> 1] as number;
    this.count = times.length = 0;
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
    this.length = this.stretch * this.lastTrial;
  }
}
