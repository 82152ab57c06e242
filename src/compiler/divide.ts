/**
 * @file How the threads of a machine share a program: each kernel is cut into units that come out the same
 * whoever computes them, kernels too small to share stay with one thread, and threads meet only where one
 * touches memory that another still works on. Plain data; backends write the loops and the meetings.
 */
import type { ValueId } from "../ir/index.js";
import { workOfKernel } from "./cost.js";
import { unitsOf } from "./division.js";
import { type Plan, touchedBy } from "./plan.js";
import type { ProductTarget } from "./products.js";
import type { Schedule } from "./schedule.js";

/** One kernel's part in a run that several threads share. */
export interface KernelDivision {
  /** Each thread computes a part; otherwise the first thread computes it all. */
  readonly shared: boolean;
  /** All threads meet before the kernel starts. */
  readonly meet: boolean;
}
export interface Division {
  readonly kernels: readonly KernelDivision[];
  /** Whether it is worth waking more than one thread at all. */
  readonly worthwhile: boolean;
}

/** A stretch of memory a kernel reads or writes. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}
interface Touched {
  readonly reads: readonly Stretch[];
  readonly writes: readonly Stretch[];
}

/**
 * @param place where a value lies, as bytes from the start of memory
 */
export function divide(
  { kernels }: Schedule,
  plan: Plan,
  place: (id: ValueId) => Stretch,
  { worthSharing }: ProductTarget,
): Division {
  let open: { readonly shared: boolean; readonly touched: Touched }[] = [];
  let sharedWork = 0;
  const divisions = kernels.map((kernel, i): KernelDivision => {
    const work = workOfKernel(kernel);
    const shared = unitsOf(kernel).count > 1 && work >= worthSharing.kernel;
    if (shared) sharedWork += work;
    const { reads, writes } = touchedBy(kernel);
    const touched: Touched = { reads: Array.from(reads, place), writes: Array.from(writes, place) };
    // Where checks are tested everybody has met already.
    const meet =
      (plan.checkAfter >= 0 && i === plan.checkAfter + 1) ||
      open.some((other) => (other.shared || shared) && clash(other.touched, touched));
    if (meet) open = [];
    open.push({ shared, touched });
    return { shared, meet };
  });
  return { kernels: divisions, worthwhile: sharedWork >= worthSharing.run };
}

const overlap = (a: readonly Stretch[], b: readonly Stretch[]): boolean =>
  a.some((x) => b.some((y) => x.from < y.to && y.from < x.to));

const clash = (a: Touched, b: Touched): boolean =>
  overlap(a.writes, b.reads) || overlap(a.reads, b.writes) || overlap(a.writes, b.writes);
