/**
 * @file `TermLogger`: what `fit` prints. On a terminal the lines of a step are rewritten with every batch,
 * as the original does; elsewhere only the lines of a snapshot are written, without escapes. Follows
 * `TermLogger` in `callbacks.py` of TFLearn.
 */
import type { OutputStream } from "../platform/types.js";
import { Callback, type TrainingState } from "./callbacks.js";

/** What one training operation contributes. */
export interface LoggedOp {
  readonly name: string;
  readonly metricName: string;
  readonly trainingSamples: number;
  readonly validationSamples: number;
}

interface Shown {
  readonly op: LoggedOp;
  loss: number | null;
  acc: number | null;
  valLoss: number | null;
  valAcc: number | null;
  epoch: number;
  iter: number;
}

/** What opens and closes the header. */
export const rule = "-".repeat(33);
const ESC = "\u001b";
const up = `${ESC}[A`;
const down = `${ESC}[B`;

export class TermLogger extends Callback {
  private readonly shown: Shown[];
  /** The lines stand on the terminal with the cursor above them. */
  private isOpen = false;
  private hasUnwritten = false;

  constructor(
    private readonly stream: OutputStream,
    ops: readonly LoggedOp[],
  ) {
    super();
    this.shown = ops.map((op) => ({ op, loss: null, acc: null, valLoss: null, valAcc: null, epoch: 0, iter: 0 }));
  }

  override onTrainBegin(): void {
    const total = (count: (op: LoggedOp) => number): number => this.shown.reduce((sum, { op }) => sum + count(op), 0);
    this.stream.write(
      `${rule}\n` +
        `Training samples: ${total((op) => op.trainingSamples)}\n` +
        `Validation samples: ${total((op) => op.validationSamples)}\n--\n`,
    );
  }

  override onSubBatchEnd(state: TrainingState, trainIndex: number): void {
    const shown = this.shown[trainIndex];
    if (shown === undefined) return;
    shown.loss = state.lossValue;
    shown.acc = state.accValue;
    shown.valLoss = state.valLoss;
    shown.valAcc = state.valAcc;
    shown.epoch = state.epoch;
    shown.iter = state.currentIter;
  }

  override onBatchEnd(state: TrainingState, snapshot: boolean): void {
    this.hasUnwritten = !snapshot;
    if (snapshot) {
      this.stream.write(`${this.lines(state)}--\n`);
      this.isOpen = false;
    } else if (this.stream.isTerminal) {
      this.stream.write(this.lines(state) + up.repeat(this.shown.length + 1));
      this.isOpen = true;
    }
  }

  override onTrainEnd(state: TrainingState): void {
    if (this.isOpen) this.stream.write(`${down.repeat(this.shown.length + 1)}--\n`);
    else if (this.hasUnwritten) this.stream.write(`${this.lines(state)}--\n`);
    this.isOpen = false;
    this.hasUnwritten = false;
  }

  private lines(state: TrainingState): string {
    const { isTerminal } = this.stream;
    let step = `Training Step: ${state.step} `;
    if (state.globalLoss !== 0) {
      const loss = fixed(state.globalLoss, 5);
      step += ` | total loss: ${isTerminal ? `${ESC}[1m${ESC}[32m${loss}${ESC}[0m${ESC}[0m` : loss}`;
    }
    if (state.globalAcc !== null && this.shown.length > 1) step += ` - avg acc: ${fixed(state.globalAcc, 4)}`;
    step += ` | time: ${fixed(state.stepTime, 3)}s\n`;
    return step + this.shown.map((shown) => `${isTerminal ? `${ESC}[2K\r` : ""}${opLine(shown)}\n`).join("");
  }
}

function opLine({ op, loss, acc, valLoss, valAcc, epoch, iter }: Shown): string {
  const samples = String(op.trainingSamples);
  let line = `| ${op.name} | epoch: ${String(epoch).padStart(3, "0")}`;
  if (loss !== null) line += ` | loss: ${fixed(loss, 5)}`;
  if (acc !== null) line += ` - ${op.metricName}: ${fixed(acc, 4)}`;
  if (valLoss !== null) line += ` | val_loss: ${fixed(valLoss, 5)}`;
  if (valAcc !== null) line += ` - val_${op.metricName}: ${fixed(valAcc, 4)}`;
  return `${line} -- iter: ${String(iter).padStart(samples.length, "0")}/${samples}`;
}

/** As `%.5f` prints it. */
function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return value.toFixed(digits);
}
