/**
 * @file Arguments by place. An option that Keras takes first, and that has a default, may stand alone before the
 * others: `new MaxPooling2D(2)` is `new MaxPooling2D({ poolSize: 2 })`. Imports `core` and `arguments`.
 */
import { ArgumentError } from "../core/index.js";
import { recordOf } from "./arguments.js";

/** Options without those that stand before them. */
export type Without<Options, Name extends keyof Options> = Omit<Options, Name>;

/** Whether an argument is a record of options, and not the value of one. */
const isOptions = (argument: unknown): argument is object =>
  typeof argument === "object" && argument !== null && !Array.isArray(argument);

/**
 * The options of a call `(value, options)` or `(options)`.
 * @param name the option that `value` is
 * @throws ArgumentError where it is given twice, or two records of options are
 */
export function leading<Options extends object, Name extends keyof Options & string>(
  name: Name,
  first: Options[Name] | Options | undefined,
  rest: Without<Options, Name> | undefined,
): Options {
  if (isOptions(first)) {
    if (rest !== undefined)
      throw new ArgumentError("Options are given twice.", {
        hint: `pass one record, or \`${name}\` alone before it`,
      });
    return first as Options;
  }
  if (rest !== undefined) recordOf(rest, `what takes \`${name}\` first`);
  if (first === undefined) return (rest ?? {}) as Options;
  if (rest !== undefined && Object.hasOwn(rest, name))
    throw new ArgumentError(`\`${name}\` is given twice.`, { hint: "leave it out of the options" });
  return { ...rest, [name]: first } as unknown as Options;
}

/** {@link leading} for a call that may have two values before the options. */
export function leadingTwo<
  Options extends object,
  First extends keyof Options & string,
  Second extends keyof Options & string,
>(
  names: readonly [First, Second],
  first: Options[First] | Options | undefined,
  second: Options[Second] | Without<Options, First> | undefined,
  rest: Without<Options, First | Second> | undefined,
): Options {
  const [one, two] = names;
  if (rest === undefined && isOptions(second))
    return leading<Options, First>(one, first, second as Without<Options, First>);
  const others = leading<Without<Options, First>, never>(two as never, second as never, rest as never);
  return leading<Options, First>(one, first, second === undefined && rest === undefined ? undefined : others);
}
