/**
 * @file The registry behind `keras.serialization`: losses, metrics, optimizers and the like register here
 * under Keras's names, and are found again by name or by config. Imports `core` and the contracts; what it
 * registers imports it.
 */
import { ArgumentError, describe } from "../core/index.js";
import type { Config, Configurable, IdentifierOfKind, Kind, ObjectOfKind, SerializedObject } from "./contracts.js";
import { shown } from "./json.js";

/** What is registered: the kinds that `get` knows, and schedules, which only stand in configs. */
export type RegistryKind = Kind | "schedule";

/** A class that configs make objects of. */
export interface ConfigurableClass {
  /** An object of a config that its `getConfig` gave. */
  fromConfig(config: Config): object;
}
interface Entry {
  readonly kind: RegistryKind;
  readonly className: string;
  /** Python's module, which archives name: `keras.losses`; of the user's own classes, `null`. */
  readonly module: string | null;
  readonly create: (config: Config, identifier: string) => unknown;
  /** The class, or the function itself where the object is one. */
  readonly source: unknown;
}

/** Options of {@link register}. */
export interface RegisterOptions {
  /** Further names: `["normal"]`. The name in snake_case is one anyway. */
  readonly aliases?: readonly string[];
  /** The module archives name. Default: none, which Keras reads as a custom object. */
  readonly module?: string | null;
}

const byName = new Map<RegistryKind, Map<string, Entry>>();
const bySource = new Map<unknown, Entry>();
type AnyFunction = (...operands: never[]) => unknown;
const wrappers = new Map<Kind, (value: AnyFunction) => unknown>();

/** The name in Keras's snake_case: `GlorotUniform` is `glorot_uniform`, `MeanIoU` is `mean_io_u`. */
export const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** `beta_1` as `beta1`, `from_logits` as `fromLogits`. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Marks options that a config told: other versions of Keras write some that nothing here has. */
export const ofConfig = Symbol("of a config");

/** A config's options under the names that constructors take: `{ from_logits: true }` as `{ fromLogits: true }`. */
export function optionsOf<Options>(config: Config): Options {
  const named = Object.entries(config).map(([name, value]) => [camelCase(name), value] as const);
  return { ...Object.fromEntries(named), [ofConfig]: true } as Options;
}

/**
 * Makes a class known under its name, so that configs and archives that contain its objects can be read.
 * Registering a name again replaces what it stood for.
 * @param kind what its objects are: `"loss"`, `"metric"`, …
 * @param className the name in configs: `"HeNormal"`
 * @param source a class with a static `fromConfig`
 */
export function register(
  kind: RegistryKind,
  className: string,
  source: ConfigurableClass,
  { aliases = [], module = null }: RegisterOptions = {},
): void {
  const entry: Entry = { kind, className, module, create: (config) => source.fromConfig(config), source };
  add(entry, [className, snakeCase(className), ...aliases]);
}

/**
 * Makes a function known under its name: an activation, or a loss that stands in configs as a name alone.
 * @param create makes the object that `get` returns. Default: the function itself
 */
export function registerFunction(
  kind: Kind,
  name: string,
  source: AnyFunction,
  {
    aliases = [],
    module = null,
    create,
  }: RegisterOptions & {
    /** Makes the object that `get` returns. Default: the function itself. */
    readonly create?: (name: string) => unknown;
  } = {},
): void {
  const entry: Entry = { kind, className: name, module, create: (_, given) => create?.(given) ?? source, source };
  add(entry, [name, ...aliases]);
}

function add(entry: Entry, names: readonly string[]): void {
  const known = byName.get(entry.kind) ?? new Map<string, Entry>();
  byName.set(entry.kind, known);
  for (const name of names) known.set(name, entry);
  // An object's class tells its config's name; of several kinds that one function serves, the first.
  if (!bySource.has(entry.source)) bySource.set(entry.source, entry);
}

/** Says what becomes of a plain function where an object of a kind is expected. */
export function wrapFunctions<K extends Kind, F extends AnyFunction>(
  kind: K,
  wrap: (value: F) => ObjectOfKind[K],
): void {
  wrappers.set(kind, (value) => wrap(value as F));
}

const find = (kind: RegistryKind, name: string): Entry | undefined => {
  const known = byName.get(kind);
  return known?.get(name) ?? (kind === "optimizer" ? known?.get(name.toLowerCase()) : undefined);
};

/**
 * The object that an identifier stands for.
 * @param identifier a name (`"glorot_uniform"`, `"GlorotUniform"`), an object or function, or a config
 * @throws ArgumentError for an unknown name, with the nearest known ones
 */
export function get<K extends Kind>(kind: K, identifier: IdentifierOfKind[K]): ObjectOfKind[K];
export function get<K extends Kind>(
  kind: K,
  identifier: IdentifierOfKind[K] | null | undefined,
): ObjectOfKind[K] | null;
export function get(kind: Kind, identifier: unknown): unknown {
  if (identifier === null || identifier === undefined) return null;
  if (typeof identifier === "string") return named(kind, identifier);
  if (isSerialized(identifier)) return deserialize(kind, identifier);
  if (typeof identifier === "function") {
    const wrap = wrappers.get(kind);
    if (wrap === undefined || "getConfig" in identifier) return identifier;
    return wrap(identifier as AnyFunction);
  }
  if (typeof identifier === "object" && isOfKind(kind, identifier)) return identifier;
  throw isRecord(identifier) ? noConfig(kind, identifier) : uninterpretable(kind, describe(identifier));
}

/** What the objects of a kind can do that are not functions. */
const methodsOf: { readonly [K in Kind]?: readonly string[] } = {
  loss: ["call"],
  metric: ["updateState", "result", "resetState"],
  optimizer: ["applyGradients"],
};
const isOfKind = (kind: Kind, value: object): boolean =>
  methodsOf[kind]?.every((name) => typeof (value as Record<string, unknown>)[name] === "function") ?? false;

/** The object of a name alone. Losses and metrics are reported under the name they were asked for by. */
function named(kind: Kind, identifier: string): unknown {
  const entry = find(kind, identifier);
  if (entry === undefined) throw uninterpretable(kind, identifier);
  return entry.create(kind === "loss" || kind === "metric" ? { name: identifier } : {}, identifier);
}

const isRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const noConfig = (kind: RegistryKind, value: unknown): ArgumentError =>
  new ArgumentError(`Could not interpret ${kind} identifier: ${shown(value)}`, {
    hint: "a config has class_name and config, as serialization.serialize() writes it",
  });

const isSerialized = (value: unknown): value is SerializedObject =>
  typeof value === "object" && value !== null && typeof (value as Partial<SerializedObject>).class_name === "string";

/**
 * The object of a config that {@link serialize} or Keras itself made.
 * @throws ArgumentError for an unknown class, with the nearest known names
 */
export function deserialize<K extends Kind>(kind: K, serialized: SerializedObject | string): ObjectOfKind[K] {
  if (typeof serialized === "string") return get(kind, serialized as IdentifierOfKind[K]);
  if (serialized.class_name === "function") return get(kind, serialized.config as IdentifierOfKind[K]);
  return fromSerialized(kind, serialized) as ObjectOfKind[K];
}

/** The object of a config with a class. @throws as {@link deserialize} */
export function fromSerialized(kind: RegistryKind, serialized: SerializedObject): unknown {
  if (!isSerialized(serialized)) throw noConfig(kind, serialized);
  const { class_name: className, config } = serialized;
  const entry = find(kind, serialized.registered_name?.split(">").at(-1) ?? className) ?? find(kind, className);
  if (entry === undefined) throw uninterpretable(kind, className);
  if (typeof config === "string" || config === null || config === undefined)
    throw new ArgumentError(`The config of ${kind} ${className} is not an object: ${describe(config)}`, {
      hint: "pass what serialization.serialize() returned",
    });
  return entry.create(config, className);
}

/**
 * An object's class and config, as plain JSON that {@link deserialize} and Keras read; a known function is
 * its name alone.
 * @throws ArgumentError for a class or function that is not registered
 */
export function serialize(object: Configurable | AnyFunction): SerializedObject | string {
  const entry = bySource.get(object) ?? bySource.get(object.constructor);
  if (entry === undefined) {
    const isPlain = typeof object === "function" && !("getConfig" in object);
    const what = isPlain ? `function '${object.name}'` : `class '${object.constructor.name}'`;
    throw new ArgumentError(`The ${what} cannot be serialized: it is not registered.`, {
      hint: "make it known with serialization.register(kind, name, TheClass) or registerFunction(kind, name, fn)",
    });
  }
  if (!("getConfig" in object)) return entry.className;
  return {
    module: entry.module,
    class_name: entry.className,
    config: object.getConfig(),
    registered_name: entry.module === null ? `Custom>${entry.className}` : null,
  };
}

/**
 * The name of a class or function: of this library's own the one that it is registered under, which stays where a
 * minifier renames it; of others, their own.
 */
export function nameOf(source: { readonly name: string }): string {
  const entry = bySource.get(source);
  return entry === undefined || entry.module === null ? source.name : entry.className;
}

/** Whether something is a class or function of this library, by which its own name in configs goes. */
export const isOurs = (source: unknown): boolean => (bySource.get(source)?.module ?? null) !== null;

/** A config of an optional part: `null` where there is none. */
export const serializeOptional = (object: Configurable | null | undefined): SerializedObject | string | null =>
  object === null || object === undefined ? null : serialize(object);

/** The names of a kind, sorted. */
export const namesOf = (kind: RegistryKind): string[] => [...(byName.get(kind)?.keys() ?? [])].sort();

/** How many letters must be changed, inserted or deleted to make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1),
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Up to three of `names` that may have been meant, the nearest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = plain(name);
  if (wanted === "") return [];
  const scored = names.map((known) => {
    const candidate = plain(known);
    const contained =
      candidate.length > 2 && wanted.length > 2 && (candidate.includes(wanted) || wanted.includes(candidate));
    return { known, distance: editDistance(wanted, candidate) - (contained ? 2 : 0) };
  });
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const close = scored.filter(({ distance }) => distance <= limit).sort((a, b) => a.distance - b.distance);
  return close.slice(0, 3).map(({ known }) => known);
}

function uninterpretable(kind: RegistryKind, identifier: string): ArgumentError {
  // A class has two spellings: the one that was tried is enough.
  const isClassName = /^[A-Z]/.test(identifier);
  const spelled = namesOf(kind).filter((name) => /^[A-Z]/.test(name) === isClassName);
  const similar = nearest(identifier, spelled);
  return new ArgumentError(`Could not interpret ${kind} identifier: ${identifier}`, {
    hint:
      similar.length > 0
        ? `did you mean ${similar.map((name) => `"${name}"`).join(" or ")}?`
        : `known are ${spelled.join(", ")}; or pass an object or function`,
  });
}
