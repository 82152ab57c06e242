/**
 * @file `Saver`: saves variables to checkpoints, restores them, and keeps the latest few. TensorFlow
 * reads what it writes, and it reads what TensorFlow writes. Follows `saver.py` of TensorFlow 1.3.
 * May import `runtime`, `platform`, `ops`, `formats` and below.
 */
import { platform } from "#platform";
import { ArgumentError, describe, FailedPreconditionError, type OptionNames, requireOptions } from "../core/index.js";
import type { BundleTensor } from "../formats/index.js";
import { GraphKeys, getDefaultGraph, type Operation, type Tensor } from "../graph/index.js";
import { placeholder } from "../ops/basic.js";
import { tensorOf } from "../ops/define.js";
import { assign, Variable } from "../ops/variable.js";
import type { Session } from "../runtime/index.js";
import { directoryOf, fileName, requireFiles } from "./checkpoint-files.js";
import { type LatestOptions, stateFileName } from "./checkpoint-state.js";
import { globalStep as stepOf } from "./global-step.js";

/** What writes and reads checkpoints; most pages do neither. */
const content = () => import("./checkpoint-content.js");

/** Options of {@link Saver}. */
export interface SaverOptions {
  /**
   * What to save and restore: variables under their own names, or a record from the name in the
   * checkpoint to the variable. Default: the global variables that exist now.
   */
  readonly varList?: readonly Variable[] | Readonly<Record<string, Variable>>;
  /** How many checkpoints to keep; older ones are removed. 0 or null keeps all. Default 5. */
  readonly maxToKeep?: number | null;
  /** Keep one checkpoint for good for every so many hours of training. Default 10,000. */
  readonly keepCheckpointEveryNHours?: number;
  /** Write the step with eight digits, so that names sort: `model-00001000`. Default false. */
  readonly padStepNumber?: boolean;
  /** Accept that there are no variables; then `save` writes the graph alone. Default false. */
  readonly allowEmpty?: boolean;
  /** Write relative paths to the state file, so that the directory can be moved. Default false. */
  readonly saveRelativePaths?: boolean;
  /** Restore values of another shape with the same number of elements. Default false. */
  readonly reshape?: boolean;
}
const saverOptions: OptionNames<SaverOptions> = {
  varList: true,
  maxToKeep: true,
  keepCheckpointEveryNHours: true,
  padStepNumber: true,
  allowEmpty: true,
  saveRelativePaths: true,
  reshape: true,
};

/** Options of {@link Saver.save}. */
export interface SaveOptions extends LatestOptions {
  /** Appended to the path: `model` becomes `model-1000`. */
  readonly globalStep?: number | Tensor;
  /** Write the graph beside the values, as `<prefix>.meta`. Default true. */
  readonly writeMetaGraph?: boolean;
  /** Further values to write, by keys that no variable has: no Saver restores them. Default: none. */
  readonly beside?: readonly BundleTensor[];
  /** Update the state file, and remove old checkpoints. Default true. */
  readonly writeState?: boolean;
}
const saveOptions: OptionNames<SaveOptions> = {
  latestFilename: true,
  globalStep: true,
  writeMetaGraph: true,
  beside: true,
  writeState: true,
};

/** One variable with its name in checkpoints and the operation that restores it. */
export interface Saved {
  readonly key: string;
  readonly variable: Variable;
  readonly value: Tensor;
  readonly restore: Operation;
}

interface Kept {
  readonly prefix: string;
  /** On the clock of `platform.now()`, in milliseconds. */
  readonly time: number;
}

const hour = 3_600_000;

/** Saves and restores variables. `tf.train.Saver`; checkpoints are of its version 2. */
export class Saver {
  private readonly saved: readonly Saved[];
  private readonly options: SaverOptions;
  private kept: Kept[] = [];
  private keepForGoodAfter: number;
  private writing: Promise<unknown> = Promise.resolve();

  /**
   * Adds the operations that restore to the graph.
   * @throws ArgumentError where there are no variables, something is no variable, or two have one name
   */
  constructor(options: SaverOptions = {}) {
    requireOptions("new Saver", options, saverOptions);
    this.options = options;
    this.keepForGoodAfter = platform.now() + this.interval;
    const named = namedVariables(options.varList ?? getDefaultGraph().getCollection(GraphKeys.GLOBAL_VARIABLES));
    const [first] = named;
    if (first === undefined) {
      if (options.allowEmpty !== true)
        throw new ArgumentError("No variables to save", {
          hint: "make the variables before the Saver, or pass { allowEmpty: true }",
        });
      this.saved = [];
      return;
    }
    const { graph } = first[1];
    this.saved = graph.asDefault(() =>
      graph.controlDependencies(null, () =>
        graph.nameScope("save", () => named.map(([key, variable]) => restorable(key, variable))),
      ),
    );
  }

  /**
   * Saves the variables' values of this moment.
   * @param path directory and name; the directory must exist
   * @returns the prefix of the checkpoint's files: what {@link restore} takes
   * @throws ArgumentError for a missing directory, or a name that the state file has
   * @throws FailedPreconditionError for a variable without a value
   */
  async save(session: Session, path: string, options: SaveOptions = {}): Promise<string> {
    requireOptions("save", options, saveOptions);
    const files = requireFiles();
    const latestFilename = stateFileName(options);
    requirePath(path, "save");
    if (fileName(path) === latestFilename)
      throw new ArgumentError(`'latest_filename' collides with 'save_path': '${latestFilename}' and '${path}'`, {
        hint: "give the checkpoint another name",
      });
    const directory = directoryOf(path);
    const { globalStep } = options;
    const step = globalStep === undefined ? undefined : await stepNumber(session, globalStep);
    const tensors = this.saved.map((item) => tensorToSave(session, item));
    const prefix =
      step === undefined ? path : `${path}-${String(step).padStart(this.options.padStepNumber ? 8 : 1, "0")}`;
    // One after another, so that the state file ends with the latest.
    const written = this.writing.then(async () => {
      if (!(await files.isDirectory(directory)))
        throw new ArgumentError(`Parent directory of ${path} doesn't exist, can't save.`, {
          hint: `make the directory ${directory} first`,
        });
      const meta =
        options.writeMetaGraph === false ? undefined : (await import("./meta-graph.js")).encodeMetaGraph(session.graph);
      const { writeCheckpoint } = await content();
      await writeCheckpoint(prefix, [...tensors, ...(options.beside ?? [])], meta);
      if (options.writeState !== false) await this.record(directory, prefix, latestFilename);
    });
    this.writing = written.catch(() => undefined);
    await written;
    return prefix;
  }

  /**
   * Gives the variables the values of a checkpoint; they need not be initialized before. All of them
   * change or, on any error, none.
   * @param path what {@link save} returned, or `latestCheckpoint()`
   * @throws ArgumentError without a path
   * @throws NotFoundError where the files, or a variable in them, are not there
   * @throws DataLossError where a file is damaged
   * @throws InvalidArgumentError where a shape or dtype does not fit the variable
   */
  async restore(session: Session, path: string): Promise<void> {
    requirePath(path, "restore");
    if (this.saved.length === 0) return;
    const { fitting, openCheckpoint } = await content();
    const reader = await openCheckpoint(
      path,
      this.saved.map(({ key }) => key),
    );
    const feeds = this.saved.map((item) => [item.value, fitting(item, reader, this.options)] as const);
    await session.run(
      this.saved.map(({ restore }) => restore),
      feeds,
    );
  }

  /** Prefixes of the checkpoints that are kept, oldest first. */
  get lastCheckpoints(): string[] {
    return this.kept.map(({ prefix }) => prefix);
  }
  /** Tells a new Saver of earlier checkpoints, oldest first, so that it removes them in their turn. */
  setLastCheckpoints(prefixes: readonly string[]): void {
    this.kept = prefixes.map((prefix) => ({ prefix, time: platform.now() }));
  }

  private get interval(): number {
    return (this.options.keepCheckpointEveryNHours ?? 10_000) * hour;
  }

  /** Adds a checkpoint to the state file, then removes those that are too many. */
  private async record(directory: string, prefix: string, latestFilename: string): Promise<void> {
    const limit = this.options.maxToKeep === undefined ? 5 : this.options.maxToKeep;
    const relativePaths = this.options.saveRelativePaths === true;
    const surplus: Kept[] = [];
    if (limit !== null && limit > 0) {
      this.kept = [...this.kept.filter((kept) => kept.prefix !== prefix), { prefix, time: platform.now() }];
      surplus.push(...this.kept.splice(0, Math.max(0, this.kept.length - limit)));
    }
    const { removeCheckpoint, writeCheckpointState } = await content();
    await writeCheckpointState(directory, prefix, this.lastCheckpoints, { latestFilename, relativePaths });
    for (const { prefix: old, time } of surplus) {
      if (time > this.keepForGoodAfter) this.keepForGoodAfter += this.interval;
      else await removeCheckpoint(old);
    }
  }
}

function requirePath(path: string, action: "save" | "restore"): void {
  if (typeof path === "string" && path !== "") return;
  throw new ArgumentError(
    action === "restore"
      ? "Can't load save_path when it is None."
      : `The path to save to must be text, got ${describe(path)}`,
    { hint: action === "restore" ? "latestCheckpoint() is null where there is no checkpoint" : 'such as "runs/model"' },
  );
}

function namedVariables(list: NonNullable<SaverOptions["varList"]>): [key: string, variable: Variable][] {
  const isList = (l: NonNullable<SaverOptions["varList"]>): l is readonly Variable[] => Array.isArray(l);
  const check = (variable: unknown): Variable => {
    if (variable instanceof Variable) return variable;
    throw new ArgumentError(`Variable to save is not a Variable: ${describe(variable)}`, {
      hint: "varList takes variables, or a record of names to variables",
    });
  };
  const named = isList(list)
    ? list.map((variable): [string, Variable] => [check(variable).op.name, variable])
    : Object.entries(list).map(([key, variable]): [string, Variable] => [key, check(variable)]);
  const seen = new Set<string>();
  for (const [key] of named) {
    if (seen.has(key)) throw new ArgumentError(`At least two variables have the same name: ${key}`);
    seen.add(key);
  }
  return named;
}

/** Adds the operations that restore one variable: its own initializer may share its value with others. */
function restorable(key: string, variable: Variable): Saved {
  const { name } = variable.op;
  const value = placeholder(variable.dtype, variable.partialShape, { name });
  return { key, variable, value, restore: assign(variable, value, { name: `${name}/Assign` }).op };
}

async function stepNumber(session: Session, step: number | Tensor): Promise<number> {
  const value = tensorOf(step) === undefined ? step : await stepOf(session, step as Tensor);
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new ArgumentError(`The global step must be a whole number, got ${describe(value)}`, {
      hint: "pass a number, or the variable that minimize() increments",
    });
  return value;
}

function tensorToSave(session: Session, { key, variable }: Saved): BundleTensor {
  if (variable.graph !== session.graph)
    throw new ArgumentError(`${variable} is not of the session's graph`, {
      hint: "save with a session on the graph that the Saver was made in",
    });
  const value = session.readVariable(variable.op.name);
  if (value === undefined)
    throw new FailedPreconditionError(`Attempting to use uninitialized value ${variable.op.name}`, {
      op: variable.op.name,
      createdAt: variable.op.createdAt,
      hint: "await session.run(tf.globalVariablesInitializer()) before saving",
    });
  const { dtype, shape, data } = value;
  return { name: key, dtype: variable.savedAs ?? dtype, shape, data };
}
