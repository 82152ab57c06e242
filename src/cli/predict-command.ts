/**
 * @file `strata predict`: pictures of the user's own, prepared as MNIST prepared its own, and what a trained
 * network takes them for. A picture that cannot be read does not keep the others from being answered.
 */
import { platform } from "#platform";
import { StrataError, UnimplementedError } from "../core/index.js";
import { type DigitOptions, digitOf, type Picture, readPng, terminalSheet } from "../pictures/index.js";
import type { DeviceName } from "../runtime/index.js";
import { Classifier, networkIn } from "./classifier.js";
import { type DataKind, nameOfClass } from "./digits.js";
import { exitCodes, type Host, styled, writeLine } from "./host.js";
import { toJson } from "./json-reporter.js";
import { type NetworkName, networks } from "./networks.js";
import { openSaved } from "./saved-network.js";

export interface PredictOptions {
  /** A directory or checkpoint; the working directory by default. */
  readonly model?: string;
  readonly network?: NetworkName;
  readonly top: number;
  readonly device?: DeviceName;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** How the pictures of each data set were prepared. */
const preparations = {
  digits: { box: 20, centre: "mass" },
  fashion: { box: 28, centre: "box" },
} as const satisfies Record<DataKind, DigitOptions>;

/** What the network makes of one picture. */
interface Prediction {
  readonly image: string;
  /** As the network was shown it. */
  readonly seen: Picture;
  readonly classes: readonly RankedClass[];
}

interface RankedClass {
  readonly label: number;
  readonly name: string;
  readonly probability: number;
}

const BAR = 20;

/** Classifies pictures and reports on each. @returns the exit code: failed where one could not be read */
export async function predict(images: readonly string[], options: PredictOptions, host: Host): Promise<number> {
  const { files } = platform;
  if (files === undefined) throw new UnimplementedError("There are no files here to read pictures from");
  const saved = await openSaved(options.model ?? ".");
  const name = networkIn(saved, options.network);
  const data = saved.description?.data ?? "digits";
  using classifier = await Classifier.open(saved, name, options.device);
  const report = reportFor(options, host);
  report.begin(saved.prefix, name);
  let exitCode: number = exitCodes.done;
  for (const image of images) {
    try {
      const seen = digitOf(readPng(await files.read(image), image), preparations[data]);
      report.predicted({ image, seen, classes: ranked(await classifier.classify(seen), data) });
    } catch (error) {
      if (!(error instanceof StrataError)) throw error;
      report.failed(image, error);
      exitCode = exitCodes.failed;
    }
  }
  return exitCode;
}

/** The likeliest first. */
const ranked = (probabilities: readonly number[], data: DataKind): RankedClass[] =>
  probabilities
    .map((probability, label) => ({ label, name: nameOfClass(data, label), probability }))
    .sort((a, b) => b.probability - a.probability);

interface Report {
  begin(checkpoint: string, network: NetworkName): void;
  predicted(prediction: Prediction): void;
  failed(image: string, error: StrataError): void;
}

function reportFor({ json, quiet, top }: PredictOptions, host: Host): Report {
  if (json) return jsonReport(host);
  const failed: Report["failed"] = (_, error) => writeLine(host.stderr, `${error.name}: ${error.message}`);
  if (quiet)
    return {
      begin: () => undefined,
      predicted: ({ image, classes }) => writeLine(host.stdout, `${image}: ${classes[0]?.name}`),
      failed,
    };
  const { stdout } = host;
  return {
    begin: (checkpoint, network) =>
      writeLine(stdout, styled(stdout, "dim", `${checkpoint}, ${network}: ${networks[network].summary}`)),
    predicted: ({ image, seen, classes }) => {
      writeLine(stdout);
      writeLine(stdout, image);
      stdout.write(besidePicture(seen, classes.slice(0, top), host));
    },
    failed,
  };
}

function jsonReport({ stdout }: Host): Report {
  const write = (event: string, fields: object): void => stdout.write(`${toJson({ event, ...fields })}\n`);
  return {
    begin: (checkpoint, network) => write("model", { checkpoint, network }),
    predicted: ({ image, classes }) => {
      const [best] = classes;
      const probabilities = [...classes].sort((a, b) => a.label - b.label).map(({ probability }) => probability);
      write("prediction", {
        image,
        label: best?.label,
        name: best?.name,
        probability: best?.probability,
        probabilities,
      });
    },
    failed: (image, { code, message }) => write("failed", { image, code, message }),
  };
}

/** The picture, and the classes to the right of it; or below it, where the terminal is narrow. */
function besidePicture(seen: Picture, classes: readonly RankedClass[], { stdout }: Host): string {
  const [, ...picture] = terminalSheet([{ ...seen, title: "" }])
    .trimEnd()
    .split("\n");
  const width = Math.max(...classes.map(({ name }) => name.length));
  const lines = classes.map(({ name, probability }, i) => {
    const bar = "━".repeat(Math.round(BAR * probability));
    const line = `${name.padEnd(width)}  ${percent(probability)}  ${bar}`.trimEnd();
    return i === 0 ? styled(stdout, "bold", line) : line;
  });
  const needed = seen.columns + width + BAR + 14;
  if (needed > (stdout.columns ?? 80)) return `${[...picture, ...lines].join("\n")}\n`;
  const top = Math.max(0, Math.floor((picture.length - lines.length) / 2));
  const height = Math.max(picture.length, lines.length);
  return Array.from({ length: height }, (_, row) => {
    const left = picture[row] ?? " ".repeat(seen.columns);
    const right = lines[row - top];
    return `${right === undefined ? left.trimEnd() : `${left}    ${right}`}\n`;
  }).join("");
}

const percent = (probability: number): string => `${(100 * probability).toFixed(1)}%`.padStart(6);
