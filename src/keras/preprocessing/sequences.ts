/** @file Sequences of unequal lengths as one array. Follows `sequence_utils.py` of Keras 3. Imports `core`. */

import { ArgumentError, allocateStorage, NdArray, type NumericDType } from "../../core/index.js";
import { recordOf, requireNoMore } from "../arguments.js";

/** One sequence: numbers, or rows of numbers that are all of one length. */
export type Sequence = ArrayLike<number> | readonly ArrayLike<number>[];

/** Options of {@link padSequences}. */
export interface PadOptions<D extends NumericDType = NumericDType> {
  /** Length of every row. Default: of the longest sequence. */
  readonly maxlen?: number | null;
  /** Default int32. */
  readonly dtype?: D;
  /** Where values are added. Default `"pre"`. */
  readonly padding?: "pre" | "post";
  /** Where elements are cut off. Default `"pre"`. */
  readonly truncating?: "pre" | "post";
  /** What is added. Default 0. */
  readonly value?: number;
}

/**
 * Makes sequences equally long. `keras.utils.pad_sequences`.
 * @returns shape `[sequences.length, maxlen]`, or `[…, …, width]` for sequences of rows
 * @throws ArgumentError for rows of unequal widths, or an unknown `padding` or `truncating`
 */
export function padSequences<D extends NumericDType = "int32">(
  sequences: readonly Sequence[],
  options: PadOptions<D> = {},
): NdArray<D> {
  const names = ["maxlen", "dtype", "padding", "truncating", "value"];
  const given = recordOf(options, "padSequences()");
  const { padding = "pre", truncating = "pre", value = 0, dtype = "int32" as D, maxlen: _, ...rest } = given;
  requireNoMore(rest, "padSequences()", names);
  if (!Array.isArray(sequences) || sequences.some((one: unknown) => typeof one !== "object" || one === null))
    throw new ArgumentError("padSequences takes a list of sequences.", {
      hint: "padSequences([[1, 2, 3], [4]]); one sequence alone stands in a list as well",
    });
  for (const [name, side] of Object.entries({ padding, truncating }))
    if (side !== "pre" && side !== "post")
      throw new ArgumentError(`padSequences: ${name} '${side}' is not understood`, { hint: "use 'pre' or 'post'" });
  const maxlen = options.maxlen ?? sequences.reduce((longest, { length }) => Math.max(longest, length), 0);
  if (!Number.isInteger(maxlen) || maxlen < 0) throw new ArgumentError(`padSequences: maxlen ${maxlen} is no length`);
  const example = sequences.find(({ length }) => length > 0)?.[0];
  const width = typeof example === "object" ? example.length : null;
  const data = allocateStorage<NumericDType>(dtype, sequences.length * maxlen * (width ?? 1)).fill(value);
  sequences.forEach((sequence, row) => {
    const kept = Math.min(sequence.length, maxlen);
    const from = truncating === "pre" ? sequence.length - kept : 0;
    const to = row * maxlen + (padding === "pre" ? maxlen - kept : 0);
    for (let i = 0; i < kept; i++) {
      const element = sequence[from + i];
      if ((typeof element === "object" ? element.length : null) !== width)
        throw new ArgumentError(`padSequences: the elements of sequence ${row} differ in shape from those before it`, {
          hint: "all sequences must hold numbers, or all rows of one length",
        });
      if (typeof element === "object") data.set(element, (to + i) * element.length);
      else data[to + i] = element ?? value;
    }
  });
  return new NdArray<NumericDType>(
    dtype,
    [sequences.length, maxlen, ...(width === null ? [] : [width])],
    data,
  ) as NdArray<D>;
}
