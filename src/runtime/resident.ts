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
  private owner: Session | undefined;
  private isTooLarge = false;

  /** @param session the one that runs now; asked again and again, as it may be replaced */
  constructor(private readonly session: () => Session) {}

  /** What to take rows of: the array's copy in the session, or the array itself. */
  of(array: NdArray): NdArray | SessionArray {
    if (array.dtype === "string" || this.isTooLarge) return array;
    const session = this.session();
    if (session !== this.owner) {
      this.release();
      this.owner = session;
    }
    const known = this.uploaded.get(array);
    if (known !== undefined) return known;
    return this.upload(array as NdArray<NumericDType>, session) ?? array;
  }

  private upload(array: NdArray<NumericDType>, session: Session): SessionArray | undefined {
    let bytes = array.data.byteLength;
    for (const { data } of this.uploaded.keys() as Iterable<NdArray<NumericDType>>) bytes += data.byteLength;
    if (session.deviceName === "interpreter" || bytes > largest) {
      this.isTooLarge = true;
      return undefined;
    }
    try {
      const made = session.upload(array);
      this.uploaded.set(array, made);
      return made;
    } catch (error) {
      if (!(error instanceof ResourceExhaustedError)) throw error;
      this.isTooLarge = true;
      return undefined;
    }
  }

  /** Gives the memory back. A session that was closed meanwhile has done so already. */
  release(): void {
    for (const array of this.uploaded.values()) array.dispose();
    this.uploaded.clear();
  }
}
