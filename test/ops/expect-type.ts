/** @file A check that the compiler makes: that a value has exactly a type. It does nothing when running. */

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** `expectType<T>()(value)` compiles where `value` has type `T`, neither wider nor narrower. */
export const expectType =
  <T>() =>
  <const U>(_value: U, ..._same: Same<T, U> extends true ? [] : ["the value has another type"]): void => {};
