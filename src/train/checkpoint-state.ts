/**
 * @file The file `checkpoint` beside saved models: which is the latest, which are kept. Follows
 * `saver.py` of TensorFlow 1.3. May import `platform`, `formats` and `core`.
 */
import { ArgumentError, type OptionNames, requireOptions } from "../core/index.js";
import type { CheckpointState } from "../formats/index.js";
import { checkpointExists, fileName, isAbsolute, requireFiles } from "./checkpoint-files.js";

/** Which state file tells of the checkpoints of a directory. */
export interface LatestOptions {
  /** Name of the state file. Default `checkpoint`. */
  readonly latestFilename?: string;
}
const latestOptions: OptionNames<LatestOptions> = { latestFilename: true };

/** @throws ArgumentError for a name with a directory in it */
export function stateFileName({ latestFilename = "checkpoint" }: LatestOptions): string {
  if (latestFilename === "" || fileName(latestFilename) !== latestFilename)
    throw new ArgumentError(`'latest_filename' must not contain path components: '${latestFilename}'`, {
      hint: "give a bare file name; it lies beside the checkpoints",
    });
  return latestFilename;
}

/**
 * What the state file of a directory says, with relative paths completed by the directory; `null`
 * where there is none. `tf.train.get_checkpoint_state`.
 * @throws DataLossError where the file is damaged
 */
export async function getCheckpointState(
  directory: string,
  options: LatestOptions = {},
): Promise<CheckpointState | null> {
  requireOptions("getCheckpointState", options, latestOptions);
  const files = requireFiles();
  const path = files.join(directory, stateFileName(options));
  if (!(await files.exists(path))) return null;
  const { parseCheckpointState } = await import("../formats/index.js");
  const state = parseCheckpointState(new TextDecoder().decode(await files.read(path)), path);
  const complete = (prefix: string): string =>
    prefix === "" || isAbsolute(prefix) ? prefix : files.join(directory, prefix);
  return {
    ...state,
    modelCheckpointPath: complete(state.modelCheckpointPath),
    allModelCheckpointPaths: state.allModelCheckpointPaths.map(complete),
  };
}

/**
 * The prefix of the latest checkpoint in a directory, or `null` where there is none or its files are
 * gone. `tf.train.latest_checkpoint`.
 * @throws DataLossError where the state file is damaged
 */
export async function latestCheckpoint(directory: string, options: LatestOptions = {}): Promise<string | null> {
  requireOptions("latestCheckpoint", options, latestOptions);
  const state = await getCheckpointState(directory, options);
  if (state === null || state.modelCheckpointPath === "") return null;
  return (await checkpointExists(state.modelCheckpointPath)) ? state.modelCheckpointPath : null;
}
