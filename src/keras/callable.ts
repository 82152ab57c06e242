/**
 * @file `Callable`: classes whose objects are called like functions, as Keras's initializers, regularizers,
 * constraints and schedules are. Imports nothing.
 */

/** A function whose methods are those of a class. */
type Invoked = { compute(...operands: unknown[]): unknown };

/** Makes the function that an object is; the fields of its class are then set on it. */
function construct(this: unknown): unknown {
  const instance = (...operands: unknown[]): unknown => (instance as unknown as Invoked).compute(...operands);
  return Object.setPrototypeOf(instance, new.target?.prototype ?? null);
}

/**
 * The base class of objects that are functions of type `F`: calling one calls its method `compute`. Fields and
 * methods work as in every class.
 */
export const callable = <F>(): (abstract new () => F) => construct as unknown as abstract new () => F;
