/** @file `strata show`: examples of a data set as pictures, in the terminal or as a PNG file. */
import { platform } from "#platform";
import { UnimplementedError } from "../core/index.js";
import { DataSet } from "../datasets/index.js";
import { showPics } from "../pictures/index.js";
import { loadDigits } from "./digits.js";
import { exitCodes, type Host, styled, writeLine } from "./host.js";

export interface ShowOptions {
  readonly data?: string;
  readonly label?: number;
  readonly count?: number;
  readonly png?: string;
  readonly seed?: number;
}

/** Shows pictures of the training examples. @returns the exit code */
export async function show(options: ShowOptions, host: Host): Promise<number> {
  const { description, training } = await loadDigits(options.data, (line) => writeLine(host.stderr, line));
  const { label, count, seed, png } = options;
  const data = new DataSet(training.images, training.labels);
  if (png === undefined) {
    writeLine(host.stdout, styled(host.stdout, "dim", description));
    const { columns } = host.stdout;
    host.stdout.write(showPics(data, { label, count, seed, columns }).text);
    return exitCodes.done;
  }
  if (platform.files === undefined) throw new UnimplementedError("There are no files here to write a picture to");
  const pictures = showPics(data, { label, count, seed, format: "png" });
  await platform.files.writeAtomic(png, pictures.png);
  writeLine(host.stdout, `Wrote ${pictures.labels.length} pictures of ${description} to ${png}`);
  return exitCodes.done;
}
