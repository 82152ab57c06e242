/**
 * @file `strata train`: puts data, network, session and reporter together, and sees a run through to its
 * result, an interruption or a loss that is no number.
 */
import { Random } from "../core/random.js";
import type { DeviceName, Session } from "../runtime/index.js";
import { Checkpoints } from "./checkpoints.js";
import { hardestClasses } from "./confusion.js";
import { type Digits, loadDigits } from "./digits.js";
import { findCulprit } from "./divergence.js";
import { exitCodes, type Host, writeLine } from "./host.js";
import { Interruption } from "./interrupt.js";
import { JsonReporter } from "./json-reporter.js";
import { Meter, type Metrics } from "./meter.js";
import { feedsOf, type Learner, type Network } from "./network.js";
import { buildNetwork, type NetworkName, networks } from "./networks.js";
import { commandLine, commandPrefix } from "./replay.js";
import type { Reporter, Result } from "./reporter.js";
import { describeIn } from "./saved-network.js";
import { TerminalReporter } from "./terminal-reporter.js";
import { type Examples, type Plan, planTraining, requireDigits, type Step } from "./training.js";

export interface TrainOptions {
  readonly data?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly device?: DeviceName;
  readonly save?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** How often the workshop logs, in steps. */
const LOG_INTERVAL = 100;
const HARDEST = 3;
/** A seed that nobody chose is short enough to be typed again. */
const SEEDS = 100_000;

/** Trains a network and reports on it. @returns the exit code */
export async function train(name: NetworkName, options: TrainOptions, host: Host): Promise<number> {
  const reporter: Reporter = options.json ? new JsonReporter(host) : new TerminalReporter(host, options.quiet ?? false);
  try {
    return await new TrainingRun(name, options, host, reporter).go();
  } finally {
    reporter.close();
  }
}

class TrainingRun {
  private readonly learningRate: number;
  private readonly seed: number;

  constructor(
    private readonly name: NetworkName,
    private readonly options: TrainOptions,
    private readonly host: Host,
    private readonly reporter: Reporter,
  ) {
    this.learningRate = options.learningRate ?? networks[name].learningRate;
    this.seed = options.seed ?? new Random().integer(SEEDS);
  }

  async go(): Promise<number> {
    const { options, host } = this;
    const checkpoints = options.save === undefined ? undefined : await Checkpoints.open(options.save);
    const isSilent = options.quiet === true || options.json === true;
    const digits = await loadDigits(options.data, isSilent ? null : (line) => writeLine(host.stderr, line));
    requireDigits(digits.training, digits.source);
    const network = await this.build();
    if (checkpoints !== undefined) describeIn(network.loss.graph, { network: this.name, data: digits.kind });
    const learner = await network.open(options.device);
    using session = learner.session;
    const plan = this.plan(digits);
    this.reporter.started({
      network: this.name,
      summary: networks[this.name].summary,
      learningRate: this.learningRate,
      device: session.deviceName,
      digits,
      plan,
      replay: this.replay(digits.source, this.learningRate),
    });
    // Awaited here, since leaving this scope closes the session.
    return await this.learn(network, learner, digits, plan, checkpoints);
  }

  private async learn(
    network: Network,
    { session, learn }: Learner,
    digits: Digits,
    plan: Plan,
    checkpoints: Checkpoints | undefined,
  ): Promise<number> {
    const { reporter } = this;
    using interruption = new Interruption(this.host.stderr);
    const meter = new Meter(this.host.now);
    const startedAt = this.host.now();
    const measure = (examples: Examples): Promise<Metrics> =>
      session.run(metricsOf(network), feedsOf(network, examples));
    const save = async (steps: number): Promise<void> => {
      if (checkpoints !== undefined) reporter.saved(await checkpoints.save(session, steps));
    };
    let failed: Step | undefined;
    let interruptedAfter: number | undefined;
    await learn(digits.training, plan, async (step) => {
      if (!Number.isFinite(step.loss)) {
        failed = step;
        return false;
      }
      const progress = meter.add(step);
      reporter.stepped(progress);
      if (plan.unit === "steps" && step.batch !== undefined && (step.number - 1) % LOG_INTERVAL === 0)
        reporter.logged(step.number - 1, await measure(step.batch));
      if (step.inRound === step.roundSteps) {
        if (plan.unit === "epochs") reporter.roundEnded(progress, await measure(digits.validation));
        await save(step.number);
        meter.startRound();
      }
      if (!interruption.requested || step.number === plan.totalSteps) return true;
      if (step.inRound < step.roundSteps) await save(step.number);
      interruptedAfter = step.number;
      return false;
    });
    if (failed !== undefined) return this.diverge(failed, digits, plan);
    if (interruptedAfter !== undefined) {
      reporter.interrupted(interruptedAfter);
      return interruption.exitCode;
    }
    const milliseconds = this.host.now() - startedAt;
    reporter.finished(await this.result(network, session, digits, plan, milliseconds));
    return exitCodes.done;
  }

  private build(): Promise<Network> {
    return buildNetwork(this.name, this.learningRate, this.seed);
  }

  private plan(digits: Digits): Plan {
    const { epochs, steps, batchSize } = this.options;
    const recipe = networks[this.name];
    return planTraining({
      examples: digits.training.images.shape[0] ?? 0,
      batchSize: batchSize ?? recipe.batchSize,
      seed: this.seed,
      unit: "epochs" in recipe.length ? "epochs" : "steps",
      length: epochs !== undefined ? { epochs } : steps !== undefined ? { steps } : recipe.length,
    });
  }

  private async result(
    network: Network,
    session: Session,
    digits: Digits,
    plan: Plan,
    milliseconds: number,
  ): Promise<Result> {
    const fetches = { ...metricsOf(network), predictions: network.predictions };
    const { predictions, ...test } = await session.run(fetches, feedsOf(network, digits.test));
    const hardest = hardestClasses(predictions, digits.test.labels, HARDEST);
    return { test, hardest, steps: plan.totalSteps, milliseconds, next: this.next(hardest[0]?.label) };
  }

  /**
   * The step's update has spoilt the variables, so the run is repeated up to it, and its batch looked at
   * closely; or all the data, which its batch is among, where the network's level drew it.
   */
  private async diverge(step: Step, digits: Digits, plan: Plan): Promise<number> {
    this.reporter.searching();
    const network = await this.build();
    const learner = await network.open(this.options.device);
    using session = learner.session;
    const before = step.number - 1;
    if (before > 0) await learner.learn(digits.training, plan, async ({ number }) => number < before);
    this.reporter.diverged({
      step: step.number,
      loss: step.loss,
      culprit: await findCulprit(session, network.loss, feedsOf(network, step.batch ?? digits.training)),
      remedy: this.replay(digits.source, this.gentlerRate()),
    });
    return exitCodes.diverged;
  }

  /** A tenth; or the article's own, where the chosen one is far above it. */
  private gentlerRate(): number {
    return Math.min(Number((this.learningRate / 10).toPrecision(6)), networks[this.name].learningRate);
  }

  private replay(source: string, learningRate: number): string {
    const { epochs, steps, batchSize, device } = this.options;
    return commandLine(commandPrefix(this.host, "train"), [
      this.name,
      ["--data", source],
      ["--epochs", epochs],
      ["--steps", steps],
      ["--batch-size", batchSize],
      ["--learning-rate", learningRate === networks[this.name].learningRate ? undefined : learningRate],
      ["--device", device],
      ["--seed", this.seed],
    ]);
  }

  private next(hardest: number | undefined): Result["next"] {
    const { host, name } = this;
    const data = ["--data", this.options.data] as const;
    const train = (...words: Parameters<typeof commandLine>[1]) =>
      commandLine(commandPrefix(host, "train"), [...words, data]);
    const other: NetworkName = name === "workshop" ? "raw" : "workshop";
    const show = commandLine(commandPrefix(host, "show"), [["--label", hardest ?? 0], data]);
    return [
      { command: train(other), about: `the other article's network: ${networks[other].summary}` },
      {
        command: train(name, ["--learning-rate", networks[name].learningRate / 5]),
        about: "smaller steps: how far does it get in the same time?",
      },
      { command: show, about: hardest === undefined ? "look at the data" : "look at what it found hardest" },
      ...this.nextWithModel(),
    ];
  }

  /** What a saved network is good for. */
  private nextWithModel(): Result["next"] {
    const { save } = this.options;
    if (save === undefined) return [];
    const command = commandLine(commandPrefix(this.host, "predict"), ["picture.png", ["--model", save]]);
    return [{ command, about: "what does it make of your own drawing?" }];
  }
}

const metricsOf = ({ loss, accuracy }: Network) => ({ loss, accuracy });
