/**
 * @file The grammar of `strata`: sub-commands, options, help, and how every kind of failure ends. The
 * commands themselves are in `*-command.ts`, each loaded when it is called.
 */
import { Argument, Command, CommanderError, Option } from "commander";
import { platform } from "#platform";
import { everyBackend } from "../backends/index.js";
import { StrataError } from "../core/index.js";
import type { DoctorOptions } from "./doctor-command.js";
import { exitCodes, type Host, writeLine } from "./host.js";
import { CLASSES, type NetworkName, networkNames, networks } from "./networks.js";
import { MAXIMUM_SEED, positiveNumber, someText, WORKER_COMMAND, wholeNumber } from "./options.js";
import type { PredictOptions } from "./predict-command.js";
import type { ShowOptions } from "./show-command.js";
import type { SummaryOptions } from "./summary-command.js";
import type { SweepOptions } from "./sweep-command.js";
import type { Training } from "./sweep-trainers.js";
import { type SweepName, sweepNames, sweeps } from "./sweep-variants.js";
import type { TrainOptions } from "./train-command.js";
import { version } from "./version.js";

const DEFAULT_STEPS = 2000;
const DEFAULT_SEEDS = 3;

/**
 * Runs one command line. Never throws for what a user can do wrong: that ends in a message and an exit code.
 * @param args what follows the program's name
 * @param host where output goes; the process's own streams by default
 * @returns 0 done, 1 failed, 2 misused, 3 diverged, 128 + n stopped by signal n
 */
export async function runCommandLine(args: readonly string[], host: Host = platform): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = buildProgram(host, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    reportFailure(error, host);
    return exitCodes.failed;
  }
}

function buildProgram(host: Host, ended: (exitCode: number) => void): Command {
  const program = new Command("strata")
    .description("Trains and looks at neural networks: the command line of Tensorstrata.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      getOutHelpWidth: () => host.stdout.columns ?? 80,
      getErrHelpWidth: () => host.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("(--help lists what there is)")
    .exitOverride();
  addTrain(program, host, ended);
  addPredict(program, host, ended);
  addSummary(program, host, ended);
  addShow(program, host, ended);
  addSweep(program, host, ended);
  addDoctor(program, host, ended);
  program.addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 misused, 3 the loss became NaN or infinite, 130 interrupted.\n" +
      "Results go to standard output, progress to standard error. NO_COLOR turns colours off;\n" +
      "STRATA_DEBUG=1 adds the stack to errors.",
  );
  return program;
}

function addTrain(program: Command, host: Host, ended: (exitCode: number) => void): void {
  const described = networkNames.map((name) => `${name}: ${networks[name].summary}`).join("; ");
  program
    .command("train")
    .summary("train a network and report on it")
    .description("Trains one of the articles' networks and reports what it learned.")
    .addArgument(new Argument("[network]", described).choices(networkNames).default("raw"))
    .addOption(dataOption())
    .addOption(
      new Option("--epochs <n>", "times through the training data (default: 20; workshop counts steps)").argParser(
        wholeNumber(1),
      ),
    )
    .addOption(
      new Option("--steps <n>", "batches to train on (default: workshop 5000)")
        .argParser(wholeNumber(1))
        .conflicts("epochs"),
    )
    .addOption(
      new Option("--batch-size <n>", "examples in a step (default: 64, workshop 100)").argParser(wholeNumber(1)),
    )
    .addOption(
      new Option("--learning-rate <x>", "size of a step (default: 0.5, workshop 0.1)").argParser(positiveNumber),
    )
    .addOption(seedOption("repeat a run: the same seed gives the same numbers"))
    .addOption(deviceOption())
    .addOption(new Option("--save <directory>", "save checkpoints there").argParser(someText))
    .addOption(new Option("--json", "print events as JSON, one a line"))
    .addOption(new Option("-q, --quiet", "print the result alone").conflicts("json"))
    .action(async (network: NetworkName, options: TrainOptions) => {
      const { train } = await import("./train-command.js");
      ended(await train(network, options, host));
    });
}

function addPredict(program: Command, host: Host, ended: (exitCode: number) => void): void {
  program
    .command("predict")
    .summary("say which digit a picture shows")
    .description(
      "Says what a network that was trained with --save takes pictures for. Each is prepared as MNIST's were: " +
        "white on black, the ink fitted into 20×20 pixels and centred by its mass on 28×28.",
    )
    .argument("<images...>", "PNG files, each with one digit, anywhere on light or dark paper")
    .addOption(
      new Option("--model <path>", "what --save named, or one checkpoint in it (default: this directory)").argParser(
        someText,
      ),
    )
    .addOption(
      new Option("--network <name>", "which network it is, where the checkpoint does not say").choices(networkNames),
    )
    .addOption(new Option("--top <n>", "how many classes to show").argParser(wholeNumber(1, CLASSES)).default(3))
    .addOption(deviceOption())
    .addOption(new Option("--json", "print events as JSON, one a line"))
    .addOption(new Option("-q, --quiet", "print the answer alone").conflicts("json"))
    .action(async (images: string[], options: PredictOptions) => {
      const { predict } = await import("./predict-command.js");
      ended(await predict(images, options, host));
    });
}

function addSummary(program: Command, host: Host, ended: (exitCode: number) => void): void {
  program
    .command("summary")
    .summary("list what a network consists of")
    .description("Lists the layers or the variables of a network, with their shapes and numbers of parameters.")
    .argument("[what]", `a network (${networkNames.join(", ")}), or a checkpoint or its directory`, "raw")
    .addOption(new Option("--json", "print one JSON object"))
    .action(async (what: string, options: SummaryOptions) => {
      const { summarize } = await import("./summary-command.js");
      ended(await summarize(what, options, host));
    });
}

function addShow(program: Command, host: Host, ended: (exitCode: number) => void): void {
  program
    .command("show")
    .summary("look at the data")
    .description("Shows pictures of the training data: one of each label, or several of one.")
    .addOption(dataOption())
    .addOption(new Option("--label <digit>", "only pictures of this label").argParser(wholeNumber(0, 9)))
    .addOption(
      new Option("--count <n>", "pictures of each label (default: 1, or 10 with --label)").argParser(wholeNumber(1)),
    )
    .addOption(new Option("--png <file>", "write a PNG file instead").argParser(someText))
    .addOption(seedOption("show the same pictures again"))
    .action(async (options: ShowOptions) => {
      const { show } = await import("./show-command.js");
      ended(await show(options, host));
    });
}

function addSweep(program: Command, host: Host, ended: (exitCode: number) => void): void {
  program
    .command("sweep")
    .summary("train variants of a network and compare them")
    .description(
      "Answers a question of the second article's exercises: trains variants of its network with the same seeds, " +
        "chooses on the validation examples, and tests the chosen one.",
    )
    .addArgument(new Argument("<exercise>", "what to vary").choices(sweepNames))
    .addOption(dataOption())
    .addOption(
      new Option("--steps <n>", "batches of 100 to train each variant on")
        .argParser(wholeNumber(1))
        .default(DEFAULT_STEPS),
    )
    .addOption(
      new Option("--seeds <n>", "how often to train each variant: with seeds 1 to n")
        .argParser(wholeNumber(1, 1000))
        .default(DEFAULT_SEEDS),
    )
    .addOption(
      new Option(
        "--jobs <n>",
        "runs at a time, each in a process of its own (default: one for each core, at most 16)",
      ).argParser(wholeNumber(1, 1000)),
    )
    .addOption(deviceOption())
    .addOption(new Option("--json", "print events as JSON, one a line"))
    .action(async (name: SweepName, options: SweepOptions) => {
      const { sweep } = await import("./sweep-command.js");
      ended(await sweep(name, options, host));
    });
  program
    .command(WORKER_COMMAND, { hidden: true })
    .addArgument(new Argument("<exercise>").choices(sweepNames))
    .addOption(new Option("--data <source>").makeOptionMandatory())
    .addOption(new Option("--steps <n>").argParser(wholeNumber(1)).makeOptionMandatory())
    .addOption(deviceOption())
    .action(async (name: SweepName, options: Training & { readonly data: string }) => {
      const { serveRuns } = await import("./sweep-trainers.js");
      await serveRuns(sweeps[name], options);
    });
}

function addDoctor(program: Command, host: Host, ended: (exitCode: number) => void): void {
  program
    .command("doctor")
    .summary("see what this machine offers")
    .description("Says what this machine offers: engine, devices, data.")
    .addOption(new Option("--json", "print one JSON object"))
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import("./doctor-command.js");
      ended(await doctor(options, host));
    });
}

const dataOption = (): Option =>
  new Option("--data <source>", "sample, mnist, fashion or a directory (default: the best there is)").argParser(
    someText,
  );

const deviceOption = (): Option => new Option("--device <name>", "where to compute").choices(["auto", ...everyBackend]);

const seedOption = (description: string): Option =>
  new Option("--seed <n>", description).argParser(wholeNumber(0, MAXIMUM_SEED));

/** The library's errors are complete as they are; the stack is for those who ask, and for faults of our own. */
function reportFailure(error: unknown, { stderr, environment }: Host): void {
  const wantsStack = environment("STRATA_DEBUG") !== undefined;
  const known = error instanceof Error ? error : new Error(String(error));
  writeLine(stderr, wantsStack && known.stack !== undefined ? known.stack : `${known.name}: ${known.message}`);
  if (!wantsStack && !(known instanceof StrataError))
    writeLine(stderr, "  fix         this looks like a fault of Tensorstrata: STRATA_DEBUG=1 shows where it happened");
}
