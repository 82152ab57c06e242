/**
 * @file Value types, and the handles the builders give out: functions, locals and branch labels.
 * Imports nothing. Handles are opaque: compare them, pass them back, do not make them by hand.
 */

export type ValType = "i32" | "i64" | "f32" | "f64" | "v128";

/** The byte that stands for a value type. */
export const valTypeCodes: Readonly<Record<ValType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A function of one module, imported or defined. Its index is settled when the module is encoded. */
export interface FunctionRef {
  readonly name: string;
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** A parameter or local variable of one function. */
export interface Local {
  readonly index: number;
  readonly type: ValType;
}

/** A block, loop or if that is open; branching to a loop repeats it, to anything else leaves it. */
export interface Label {
  /** How many blocks enclose it. */
  readonly nesting: number;
}
