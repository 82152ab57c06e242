/** @file The command that repeats a run, spelled as the user would type it. */
import type { Host } from "./host.js";

/** How this command was started, up to and including the sub-command: `npm start --` or `strata train`. */
export function commandPrefix(
  host: Pick<Host, "environment">,
  subCommand: "train" | "show" | "predict" | "doctor",
): string {
  const runner = host.environment("npm_lifecycle_event");
  if (runner === "start" && subCommand === "train") return "npm start --";
  return runner === undefined ? `strata ${subCommand}` : `npx strata ${subCommand}`;
}

/** Words of a command line, quoted where a shell needs it; options without a value are left out. */
export function commandLine(prefix: string, words: readonly (string | readonly [string, unknown])[]): string {
  const parts = words.flatMap((word) =>
    typeof word === "string" ? [word] : word[1] === undefined ? [] : [word[0], String(word[1])],
  );
  return [prefix, ...parts.map(quoted)].join(" ");
}

const quoted = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
