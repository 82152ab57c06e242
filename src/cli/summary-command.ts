/**
 * @file `strata summary`: what a network consists of, whether it is one that `strata train` knows or one in a
 * checkpoint. A Keras model shows its layers, others their variables.
 */
import { NotFoundError } from "../core/index.js";
import { GraphKeys } from "../graph/index.js";
import { memorySize, shapeText, summaryText } from "../keras/terminal/index.js";
import { renderTable } from "../keras/terminal/table.js";
import type { Variable } from "../ops/index.js";
import { exitCodes, type Host, styled, writeLine } from "./host.js";
import { toJson } from "./json-reporter.js";
import type { Network } from "./network.js";
import { buildNetwork, isNetworkName, type NetworkName, networkNames, networks } from "./networks.js";
import { formatWhole } from "./numbers.js";
import { openSaved, type SavedVariable } from "./saved-network.js";

export interface SummaryOptions {
  readonly json?: boolean;
}

/** What there is to tell. */
interface Subject {
  readonly network: NetworkName | undefined;
  readonly checkpoint: string | undefined;
  readonly built: Network | undefined;
  readonly variables: readonly SavedVariable[];
}

const WIDTH = 72;
const bytesOf: Readonly<Record<string, number>> = { float64: 8, int64: 8, uint8: 1, bool: 1 };

/**
 * Reports on a network.
 * @param what a network's name, or where a checkpoint is
 * @returns the exit code
 */
export async function summarize(what: string, options: SummaryOptions, host: Host): Promise<number> {
  const subject = await (isNetworkName(what) ? subjectOf(what) : subjectIn(what));
  if (options.json) host.stdout.write(`${toJson(described(subject))}\n`);
  else print(subject, host);
  return exitCodes.done;
}

async function subjectOf(network: NetworkName): Promise<Subject> {
  const built = await buildNetwork(network);
  return { network, checkpoint: undefined, built, variables: variablesOf(built) };
}

async function subjectIn(path: string): Promise<Subject> {
  try {
    const { prefix, description, variables } = await openSaved(path);
    const network = description?.network;
    return { network, checkpoint: prefix, built: network && (await buildNetwork(network)), variables };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(`There is neither a network nor a checkpoint ${path}`, {
      hint: `the networks are ${networkNames.join(", ")}; strata train --save makes a directory with checkpoints`,
      cause: error,
    });
  }
}

/** Those that training changes, in the order they were made. */
function variablesOf({ loss: { graph } }: Network): SavedVariable[] {
  return graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES).map(({ op, dtype, partialShape }) => ({
    name: op.name,
    dtype,
    shape: (partialShape ?? []).map((size) => size ?? 0),
    trainable: true,
  }));
}

const parametersOf = ({ shape }: SavedVariable): number => shape.reduce((product, size) => product * size, 1);

function totalOf(variables: readonly SavedVariable[]): { readonly count: number; readonly bytes: number } {
  const counts = variables.map(parametersOf);
  return {
    count: counts.reduce((sum, count) => sum + count, 0),
    bytes: variables.reduce((sum, { dtype }, i) => sum + (counts[i] ?? 0) * (bytesOf[dtype] ?? 4), 0),
  };
}

function described({ network, checkpoint, built, variables }: Subject): object {
  const trainable = variables.filter((variable) => variable.trainable);
  return {
    network,
    summary: network === undefined ? undefined : networks[network].summary,
    checkpoint,
    layers: built?.model?.layers.map((layer) => ({
      name: layer.name,
      type: layer.className,
      outputShape: layer.outputShape,
      parameters: layer.countParams(),
    })),
    variables: variables.map((variable) => ({ ...variable, parameters: parametersOf(variable) })),
    parameters: totalOf(variables).count,
    trainableParameters: totalOf(trainable).count,
  };
}

function print({ network, checkpoint, built, variables }: Subject, { stdout }: Host): void {
  if (checkpoint !== undefined) writeLine(stdout, styled(stdout, "dim", `Checkpoint ${checkpoint}`));
  if (network !== undefined) writeLine(stdout, styled(stdout, "dim", `${network}: ${networks[network].summary}`));
  const { model } = built ?? {};
  if (model !== undefined) writeLine(stdout, summaryText(model, { lineLength: WIDTH }));
  const others = variables.filter(({ trainable }) => !trainable);
  if (model !== undefined && others.length === 0) return;
  // A model's table has its weights; a checkpoint may hold more, such as an optimizer's state.
  const shown = model === undefined ? variables : others;
  if (model !== undefined) writeLine(stdout, "\nIn the checkpoint beside these:");
  writeLine(stdout, tableOf(shown));
  if (model !== undefined) return;
  const trainable = variables.filter((variable) => variable.trainable);
  for (const [title, part] of [
    ["Total params", variables],
    ["Trainable params", trainable],
    ["Non-trainable params", others],
  ] as const) {
    const { count, bytes } = totalOf(part);
    writeLine(stdout, ` ${title}: ${formatWhole(count)} (${memorySize(bytes)})`);
  }
}

function tableOf(variables: readonly SavedVariable[]): string {
  const rows = variables.map((variable) => [
    variable.name,
    shapeText(variable.shape),
    variable.dtype,
    formatWhole(parametersOf(variable)),
    variable.trainable ? "yes" : "no",
  ]);
  // Columns as wide as what is in them, since a name cut short names nothing.
  return renderTable(
    [
      { title: "Variable", align: "left" as const },
      { title: "Shape", align: "left" as const },
      { title: "Type", align: "left" as const },
      { title: "Param #", align: "right" as const },
      { title: "Trained", align: "left" as const },
    ].map((column, i) => ({
      ...column,
      width: Math.max(...[column.title, ...rows.map((row) => row[i] ?? "")].map(lengthOf)),
    })),
    rows,
    Number.MAX_SAFE_INTEGER,
  );
}

const lengthOf = (text: string): number => text.length;
