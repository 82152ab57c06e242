/**
 * @file What constructors make of their arguments, for callers without types: options that are no record, have a
 * name that nobody knows or a value of the wrong kind are refused, not passed over. Imports `core` and the registry.
 */
import { ArgumentError, describe } from "../core/index.js";
import { camelCase, nameOf, nearest, ofConfig } from "./registry.js";

/** A class, as messages name it. */
type Owner = { readonly name: string } | string;
const nameOfOwner = (owner: Owner): string => (typeof owner === "string" ? owner : nameOf(owner));

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The options of a constructor.
 * @throws ArgumentError for what is no record
 */
export function recordOf<Options extends object>(options: Options, owner: Owner): Options {
  if (isRecord(options)) return options;
  throw new ArgumentError(`The options of ${nameOfOwner(owner)} must be one record, not ${describe(options)}`, {
    hint: "pass by name what Python passes by place: { name: value }",
  });
}

/**
 * Says that no options are left over.
 * @param rest what remains of the options when all that are known are taken out
 * @param known their names, for the hint. Default: none
 * @throws ArgumentError for the first that is left
 */
export function requireNoMore(rest: object, owner: Owner, known: readonly string[] = []): void {
  const [name] = Object.keys(rest);
  if (name === undefined || ofConfig in rest) return;
  const camel = camelCase(name);
  const similar = known.includes(camel) ? [camel] : nearest(name, known);
  throw new ArgumentError(`${nameOfOwner(owner)} has no option '${name}'`, {
    hint:
      similar.length > 0
        ? `did you mean ${similar.map((option) => `'${option}'`).join(" or ")}?`
        : camel !== name
          ? `names are in camelCase: '${camel}'`
          : known.length > 0
            ? `there are ${known.join(", ")}`
            : "leave it out",
  });
}

/** The error of an argument that is not what it must be, in Keras's words. */
const invalid = (value: unknown, name: string, owner: Owner, expected: string, hint?: string): ArgumentError =>
  new ArgumentError(
    `Invalid value for argument \`${name}\` of ${nameOfOwner(owner)}. Expected ${expected}, but received ${name}=${shown(value)}.`,
    hint === undefined ? {} : { hint },
  );

/** An argument that must be a finite number. @throws ArgumentError in Keras's words */
export function requireNumber(value: unknown, name: string, owner: Owner): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw invalid(value, name, owner, "a number");
}

/** An argument that must be a whole number. @throws ArgumentError in Keras's words */
export function requireInteger(value: unknown, name: string, owner: Owner): number {
  if (Number.isInteger(value)) return value as number;
  throw invalid(value, name, owner, "a whole number");
}

/** An argument that must be a list of finite numbers. @throws ArgumentError in Keras's words */
export function requireNumbers(value: unknown, name: string, owner: Owner): readonly number[] {
  if (Array.isArray(value) && value.every((item) => Number.isFinite(item))) return value as number[];
  throw invalid(value, name, owner, "a list of numbers");
}

/** An argument that must be a function. @throws ArgumentError in Keras's words */
export function requireFunction<F extends (...operands: never[]) => unknown>(value: F, name: string, owner: Owner): F {
  if (typeof value === "function") return value;
  throw invalid(value, name, owner, "a function");
}

/** An argument that must be a text of at least one letter. @throws ArgumentError */
export function requireText(value: unknown, name: string, owner: Owner, example: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(value, name, owner, "a text", `write for example ${example}`);
}

/** A value as messages show it: lists and records by what is in them. */
export function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value === "string" ? `'${value}'` : String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}
