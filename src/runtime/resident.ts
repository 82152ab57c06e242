/**
 * @file Data sets of `fit` in the memory of the session that trains on them, for as long as the training
 * lasts. Where memory is short they are fed from where they are; the results are the same.
 */
import { type NdArray, type NumericDType, ResourceExhaustedError } from "../core/index.js";
import type { SessionArray } from "./rows.js";
import type { Session } from "./session.js";

/** Data above this many bytes stay where they are: a session's memory ends at 4 GiB. */
const largest = 2 ** 30;

export class ResidentData {
  private readonly uploaded = new Map<NdArray, SessionArray>();
  private readonly wanted = new Set<NdArray<NumericDType>>();
  private owner: Session | undefined;
  private bytes = 0;

  /** @param session the one that runs now; asked again and again, as it may be replaced */
  constructor(private readonly session: () => Session) {}

  /** What to take rows of: the array's copy in the session once {@link settle} has made one, else the array. */
  of(array: NdArray): NdArray | SessionArray {
    const session = this.session();
    if (session !== this.owner) {
      this.release();
      this.owner = session;
    }
    const known = this.uploaded.get(array);
    if (known !== undefined) return known;
    if (array.dtype !== "string") this.wanted.add(array as NdArray<NumericDType>);
    return array;
  }

  /** Has an array uploaded at the next {@link settle}, before rows of it are asked for. */
  want(array: NdArray): void {
    this.of(array);
  }

  /** Uploads what was asked for since the last time; to be called where the data are about to be gone through again. */
  async settle(): Promise<void> {
    const { owner } = this;
    const wanted = [...this.wanted];
    this.wanted.clear();
    if (owner === undefined || owner !== this.session() || owner.deviceName === "interpreter") return;
    try {
      for (const array of wanted) {
        if (this.bytes + array.data.byteLength > largest) continue;
        this.uploaded.set(array, await owner.upload(array));
        this.bytes += array.data.byteLength;
      }
    } catch (error) {
      if (!(error instanceof ResourceExhaustedError)) throw error;
    }
  }

  /** Gives the memory back. A session that was closed meanwhile has done so already. */
  release(): void {
    for (const array of this.uploaded.values()) array.dispose();
    this.uploaded.clear();
    this.wanted.clear();
    this.bytes = 0;
  }
}
