/**
 * @file Arithmetic on whole-number literal types, for the shape arithmetic in `shape-types.ts`.
 * Imports nothing and emits nothing. Long arithmetic on decimal digits, so that realistic sizes
 * (28 * 28 * 64 and far beyond) cost a few dozen instantiations. An operand that is not one
 * literal 0, 1, 2, … gives `number`, as does a result past 2^53: unknown, never wrong.
 */

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
/** A number as its digits, least significant first; leading zeros stand at the end and do no harm. */
type Digits = readonly Digit[];

/** Tuples of length 0 to 9: digits are added and multiplied by joining tuples and reading their length. */
type Units = [
  [],
  [0],
  [0, 0],
  [0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0],
];
type Ten = [...Units[9], 0];
type Repeat<T extends 0[]> = [
  [],
  [...T],
  [...T, ...T],
  [...T, ...T, ...T],
  [...T, ...T, ...T, ...T],
  [...T, ...T, ...T, ...T, ...T],
  [...T, ...T, ...T, ...T, ...T, ...T],
  [...T, ...T, ...T, ...T, ...T, ...T, ...T],
  [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T],
  [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T],
];

// ---- literals in and out ----

/** Whether `T` is a union of several types. */
export type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

/**
 * Whether `N` is one number literal: `false` for `number`, `any`, `never`, `null`, unions and
 * branded numbers. A record keyed by a pattern such as `${number}` has no required property, one
 * keyed by a literal has.
 */
export type IsLiteral<N> = [N] extends [number]
  ? Record<never, never> extends Record<`${N}`, 0>
    ? false
    : IsUnion<N> extends true
      ? false
      : true
  : false;

type ParseDigits<Text extends string, Out extends Digits = []> = Text extends ""
  ? Out
  : Text extends `${infer First extends Digit}${infer Rest}`
    ? ParseDigits<Rest, [First, ...Out]>
    : null;

/** The digits of a whole-number literal; `null` for everything else. */
type ToDigits<N extends number> = IsLiteral<N> extends true ? ParseDigits<`${N}`> : null;

type DropLeadingZeros<A extends Digits> = A extends readonly [...infer Lower extends Digits, 0]
  ? DropLeadingZeros<Lower>
  : A;
type Join<A extends Digits, Out extends string = ""> = A extends readonly [
  infer First extends Digit,
  ...infer Rest extends Digits,
]
  ? Join<Rest, `${First}${Out}`>
  : Out;
/** Past 2^53 the text does not survive the trip through a number, and the compiler infers `number`. */
type FromDigits<A extends Digits> =
  DropLeadingZeros<A> extends infer B extends Digits
    ? B extends readonly []
      ? 0
      : Join<B> extends `${infer N extends number}`
        ? N
        : number
    : never;

/** The length of a tuple, 0 to 99, as `[tens, ones]`. */
type Columns<T extends 0[]> = `${T["length"]}` extends `${infer Tens extends Digit}${infer Ones extends Digit}`
  ? [Tens, Ones]
  : [0, T["length"]];

// ---- on digits ----

type AddDigits<
  A extends Digits,
  B extends Digits,
  Carry extends Digit = 0,
  Out extends Digits = [],
> = A extends readonly [infer X extends Digit, ...infer HigherA extends Digits]
  ? B extends readonly [infer Y extends Digit, ...infer HigherB extends Digits]
    ? Columns<[...Units[X], ...Units[Y], ...Units[Carry]]> extends [infer C extends Digit, infer Z extends Digit]
      ? AddDigits<HigherA, HigherB, C, [...Out, Z]>
      : never
    : Carry extends 0
      ? [...Out, ...A]
      : AddDigits<A, [Carry], 0, Out>
  : B extends readonly [Digit, ...Digits]
    ? AddDigits<B, A, Carry, Out>
    : [...Out, Carry];

/** `A - B`, or `null` where that is below zero. */
type SubtractDigits<
  A extends Digits,
  B extends Digits,
  Borrow extends 0 | 1 = 0,
  Out extends Digits = [],
> = A extends readonly [infer X extends Digit, ...infer HigherA extends Digits]
  ? B extends readonly [infer Y extends Digit, ...infer HigherB extends Digits]
    ? Units[X] extends [...Units[Y], ...Units[Borrow], ...infer Rest extends 0[]]
      ? SubtractDigits<HigherA, HigherB, 0, [...Out, Rest["length"] & Digit]>
      : [...Ten, ...Units[X]] extends [...Units[Y], ...Units[Borrow], ...infer Rest extends 0[]]
        ? SubtractDigits<HigherA, HigherB, 1, [...Out, Rest["length"] & Digit]>
        : never
    : Borrow extends 0
      ? [...Out, ...A]
      : SubtractDigits<A, [1], 0, Out>
  : [B[number], Borrow] extends [0, 0]
    ? Out
    : null;

type ScaleDigits<
  A extends Digits,
  By extends Digit,
  Carry extends Digit = 0,
  Out extends Digits = [],
> = A extends readonly [infer X extends Digit, ...infer Higher extends Digits]
  ? Columns<[...Repeat<Units[X]>[By], ...Units[Carry]]> extends [infer C extends Digit, infer Z extends Digit]
    ? ScaleDigits<Higher, By, C, [...Out, Z]>
    : never
  : [...Out, Carry];

/** Schoolbook multiplication, most significant digit of `B` first. */
type MultiplyDigits<A extends Digits, B extends Digits, Out extends Digits = []> = B extends readonly [
  ...infer Lower extends Digits,
  infer Y extends Digit,
]
  ? ScaleDigits<A, Y> extends infer Row extends Digits
    ? AddDigits<[0, ...Out], Row> extends infer Sum extends Digits
      ? MultiplyDigits<A, Lower, Sum>
      : never
    : never
  : Out;

/** How often `B` (above zero) goes into `A`, nine times at most, as `[count, rest]`. */
type TakeAway<A extends Digits, B extends Digits, Count extends 0[] = []> = Count["length"] extends 9
  ? [9, A]
  : SubtractDigits<A, B> extends infer Rest extends Digits
    ? TakeAway<Rest, B, [...Count, 0]>
    : [Count["length"], A];

/** Long division by `B` above zero, as `[quotient, remainder]`. */
type DivideDigits<
  A extends Digits,
  B extends Digits,
  Remainder extends Digits = [],
  Quotient extends Digits = [],
> = A extends readonly [...infer Lower extends Digits, infer X extends Digit]
  ? TakeAway<[X, ...Remainder], B> extends [infer Count extends Digit, infer Rest extends Digits]
    ? DivideDigits<Lower, B, Rest, [Count, ...Quotient]>
    : never
  : [Quotient, Remainder];

// ---- on literals ----

/** `A + B`. */
export type Add<A extends number, B extends number> = [ToDigits<A>, ToDigits<B>] extends [
  infer X extends Digits,
  infer Y extends Digits,
]
  ? FromDigits<AddDigits<X, Y>>
  : number;

/** `A - B`; `never` where that is below zero. */
export type Subtract<A extends number, B extends number> = [ToDigits<A>, ToDigits<B>] extends [
  infer X extends Digits,
  infer Y extends Digits,
]
  ? SubtractDigits<X, Y> extends infer Difference extends Digits
    ? FromDigits<Difference>
    : never
  : number;

/** `A * B`. */
export type Multiply<A extends number, B extends number> = [ToDigits<A>, ToDigits<B>] extends [
  infer X extends Digits,
  infer Y extends Digits,
]
  ? FromDigits<MultiplyDigits<X, Y>>
  : number;

/** `[quotient, remainder]` of `A / B`; `[number, number]` where that is unknown or `B` is 0. */
export type Divide<A extends number, B extends number> = B extends 0
  ? [number, number]
  : [ToDigits<A>, ToDigits<B>] extends [infer X extends Digits, infer Y extends Digits]
    ? DivideDigits<X, Y> extends [infer Quotient extends Digits, infer Remainder extends Digits]
      ? [FromDigits<Quotient>, FromDigits<Remainder>]
      : never
    : [number, number];

/** `A / B` rounded up. */
export type CeilDivide<A extends number, B extends number> =
  Divide<A, B> extends [infer Quotient extends number, infer Remainder extends number]
    ? Remainder extends 0
      ? Quotient
      : Add<Quotient, 1>
    : never;
