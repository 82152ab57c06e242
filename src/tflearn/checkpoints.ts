/**
 * @file What a trainer saves and restores, by `tf.train.Saver`. Which variables that are is settled when
 * it is made; the savers' operations are added on first use.
 */
import { ArgumentError, type OptionNames } from "../core/index.js";
import type { Graph } from "../graph/index.js";
import { globalVariables, trainableVariables, type Variable } from "../ops/index.js";
import type { Session } from "../runtime/index.js";
import { Saver } from "../train/index.js";
import { Collections } from "./collections.js";

/** Which checkpoints are kept. */
export interface CheckpointOptions {
  /** How many snapshots to keep; the best one, and what `save` wrote, do not count. Default: all. */
  readonly maxCheckpoints?: number | null;
  /** Keep one checkpoint for good for every so many hours. Default 10,000. */
  readonly keepCheckpointEveryNHours?: number;
}

/** Options of {@link DNN.load}. */
export interface RestoreOptions {
  /** Restore the trainable variables alone: no step, no averages of batch normalization. Default false. */
  readonly weightsOnly?: boolean;
  /** The name in the checkpoint of a variable's name, or `null` for one to leave alone. */
  readonly variableNameMap?: ((name: string) => string | null) | readonly [pattern: RegExp, replacement: string];
  /** Restore variables of this scope alone, whose names in the checkpoint lack it. */
  readonly scopeForRestore?: string;
  /** Restore into a new session, so that all else starts anew. Default true. */
  readonly createNewSession?: boolean;
}

export const restoreOptions: OptionNames<RestoreOptions> = {
  weightsOnly: true,
  variableNameMap: true,
  scopeForRestore: true,
  createNewSession: true,
};

/** Why a checkpoint is written. */
export type CheckpointKind = "asked" | "snapshot" | "best";

export class Checkpoints {
  private readonly all: readonly Variable[];
  private readonly restorable: readonly Variable[];
  private readonly trainable: readonly Variable[];
  private readonly savers = new Map<string, Saver>();

  constructor(
    private readonly graph: Graph,
    private readonly options: CheckpointOptions,
  ) {
    const excluded = graph.getCollection<Variable | string>(Collections.EXCL_RESTORE_VARS);
    const isRestored = (variable: Variable): boolean => !excluded.some((entry) => concerns(entry, variable));
    this.all = globalVariables();
    this.restorable = this.all.filter(isRestored);
    this.trainable = trainableVariables().filter(isRestored);
  }

  /**
   * @param kind one that was asked for stays; of snapshots the latest stay, of the best ones the last
   * @returns the prefix of the checkpoint's files
   */
  save(session: Session, path: string, globalStep?: number, kind: CheckpointKind = "asked"): Promise<string> {
    const { maxCheckpoints = null } = this.options;
    const keep = { asked: null, snapshot: maxCheckpoints, best: 1 }[kind];
    const saver = this.saver(kind, () => this.all, keep);
    return saver.save(session, path, globalStep === undefined ? {} : { globalStep });
  }

  /** @throws as `Saver.restore`; then no variable has changed */
  async restore(session: Session, path: string, options: RestoreOptions = {}): Promise<void> {
    const { weightsOnly = false } = options;
    const variables = weightsOnly ? this.trainable : this.restorable;
    const nameIn = nameMapping(options);
    if (nameIn === undefined) {
      await this.saver(weightsOnly ? "weights" : "restore", () => variables).restore(session, path);
      return;
    }
    const named: Record<string, Variable> = {};
    for (const variable of variables) {
      const name = nameIn(variable.op.name);
      if (name !== null) named[name] = variable;
    }
    if (Object.keys(named).length === 0)
      throw new ArgumentError("No variable of the network is left to restore", {
        hint: `the names are mapped from ${variables.map(({ op }) => op.name).join(", ")}`,
      });
    await this.make(named).restore(session, path);
  }

  private saver(kind: string, variables: () => readonly Variable[], maxToKeep: number | null = null): Saver {
    const known = this.savers.get(kind);
    if (known !== undefined) return known;
    const made = this.make(variables(), maxToKeep);
    this.savers.set(kind, made);
    return made;
  }

  private make(
    varList: readonly Variable[] | Readonly<Record<string, Variable>>,
    maxToKeep: number | null = null,
  ): Saver {
    const { keepCheckpointEveryNHours = 10_000 } = this.options;
    return this.graph.asDefault(() => new Saver({ varList, maxToKeep, keepCheckpointEveryNHours, allowEmpty: true }));
  }
}

/** Whether an exclusion means a variable: it, what an optimizer keeps for it, or part of its name. */
function concerns(excluded: Variable | string, variable: Variable): boolean {
  if (typeof excluded === "string") return variable.op.name.includes(excluded);
  return variable === excluded || variable.op.name.startsWith(`${excluded.op.name}/`);
}

function nameMapping(options: RestoreOptions): ((name: string) => string | null) | undefined {
  const { variableNameMap, scopeForRestore } = options;
  if (scopeForRestore !== undefined)
    return (name) => (name.startsWith(`${scopeForRestore}/`) ? name.slice(scopeForRestore.length + 1) : null);
  if (variableNameMap === undefined || typeof variableNameMap === "function") return variableNameMap;
  const [pattern, replacement] = variableNameMap;
  return (name) => name.replace(pattern, replacement);
}
