/**
 * @file Whether a program runs on all threads or on one: whichever has been faster of late. Threads that have
 * no processor of their own keep each other waiting, and what else a machine does changes from minute to
 * minute. Results are the same bits either way. Imports nothing.
 */

/** Most runs of a trial; as many are watched together between trials. */
const trialRuns = 8;
/** Runs of this time are long: three of them are enough for a trial. */
const longRun = 5;
/** What trials of the slower way may cost, as a share of all time. */
const trialShare = 0.01;
/**
 * So many times the runs of a trial pass until the next, whatever it costs; twice as many at most each time the same
 * way wins again, since a trial may have met with a moment that is soon over.
 */
const shortestStretch = 25;
const longestStretch = 800;
/**
 * The other way is tried at once where runs have become slower than it was, by this factor, so many times in a row.
 * After a pause all runs are slow for a while.
 */
const slower = 1.25;
const slowWatches = 4;

/** One for each program. */
export class Pace {
  private together = true;
  private readonly medians: { together?: number | undefined; alone?: number | undefined } = {};
  private isTrial = true;
  /** Runs of this trial or of the stretch after it, and how many there will be at most. */
  private count = 0;
  private length = trialRuns;
  /** Times of the latest runs. */
  private readonly times: number[] = [];
  /** What won the latest trial, and how often in a row before. */
  private best = true;
  private wins = 0;
  /** How often in a row runs were slow when they were watched. */
  private slow = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Runs the program once, on all threads or on one. */
  run(program: (together: boolean) => number): number {
    const start = this.now();
    const result = program(this.together);
    this.count++;
    const time = this.now() - start;
    this.times.push(time);
    if (this.count >= this.length || (this.isTrial && this.count > 2 && time >= longRun)) this.turn();
    else if (this.times.length === trialRuns) this.watch();
    return result;
  }

  /** During a stretch: ends it if the way that lost would be faster now. Then both are tried anew. */
  private watch(): void {
    const { alone, together } = this.medians;
    const other = this.together ? alone : together;
    this.slow = other !== undefined && median(this.times) > slower * other ? this.slow + 1 : 0;
    this.times.length = 0;
    if (this.slow < slowWatches) return;
    this.turn();
    this.medians.alone = this.medians.together = undefined;
  }

  /** Notes how fast this way was, and goes on with the other or, after a trial, with the better one. */
  private turn(): void {
    const { medians, times, count } = this;
    // The first runs of a trial move data between caches.
    if (this.isTrial) times.splice(0, times.length > 4 ? 2 : 1);
    if (times.length > 0) medians[this.together ? "together" : "alone"] = median(times);
    this.count = times.length = this.slow = 0;
    const { together, alone } = medians;
    if (!this.isTrial || together === undefined || alone === undefined) {
      this.isTrial = true;
      this.together = !this.together;
      this.length = trialRuns;
      return;
    }
    const [fast, slow] = together <= alone ? [together, alone] : [alone, together];
    this.isTrial = false;
    this.together = together === fast;
    this.wins = this.together === this.best ? this.wins + 1 : 0;
    this.best = this.together;
    const worth = Math.max((slow / fast - 1) / trialShare, shortestStretch);
    this.length = count * Math.min(worth, shortestStretch * 2 ** this.wins, longestStretch);
  }
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[(times.length - 1) >> 1] as number;
