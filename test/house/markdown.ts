/**
 * @file What the house tests look at in a Markdown document: its links, its headings' anchors, its words
 * and the package scripts it tells readers to run. Code blocks hold no links.
 */
import { posix } from "node:path";

/** The documents at hand: text of each by its path from the repository's root. */
export type Documents = ReadonlyMap<string, string>;

interface Line {
  readonly number: number;
  readonly text: string;
  readonly isCode: boolean;
}

/**
 * Checks links between documents, words that do not belong in them, and the scripts they name.
 * @param documents the Markdown files to check
 * @param exists whether a path of the repository exists
 * @param scripts names of the package's scripts
 * @returns one line for each problem: `path:line  what is wrong`
 */
export function findDocumentProblems(
  documents: Documents,
  exists: (path: string) => boolean,
  scripts: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  for (const [path, text] of documents)
    for (const line of linesOf(text)) {
      const report = (what: string): number => problems.push(`${path}:${line.number}  ${what}`);
      if (/\bTODO\b/.test(line.text)) report("says TODO");
      for (const [, name = ""] of line.text.matchAll(/\bnpm run ([a-z][\w:-]*)/g))
        if (!scripts.has(name)) report(`tells to run "npm run ${name}", which package.json does not have`);
      if (line.isCode) continue;
      for (const link of linksOf(line.text)) {
        const problem = linkProblem(path, link, documents, exists);
        if (problem !== undefined) report(problem);
      }
    }
  return problems;
}

function linkProblem(
  from: string,
  link: string,
  documents: Documents,
  exists: (path: string) => boolean,
): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? from : posix.join(posix.dirname(from), file);
  if (path.startsWith("../") || !exists(path)) return `links to ${link}, but ${path} does not exist`;
  const target = documents.get(path);
  if (anchor === undefined || target === undefined || anchorsOf(target).has(anchor)) return undefined;
  return `links to ${link}, but ${path} has no heading for #${anchor}`;
}

/** Targets of inline links and images, and of reference definitions. */
function linksOf(line: string): string[] {
  const text = line.replace(/`[^`]*`/g, "");
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const references = [...text.matchAll(/^\s{0,3}\[[^\]]+\]:\s+<?([^\s>]+)>?/g)];
  return [...inline, ...references].map((match) => match[1] ?? "");
}

/** The anchors that a renderer makes of the headings: lower case, spaces to hyphens, punctuation dropped. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const line of linesOf(text)) {
    const heading = line.isCode ? null : /^#{1,6}\s+(.*?)\s*#*$/.exec(line.text);
    if (heading === null) continue;
    const slug = (heading[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const repeats = seen.get(slug) ?? 0;
    seen.set(slug, repeats + 1);
    anchors.add(repeats === 0 ? slug : `${slug}-${repeats}`);
  }
  return anchors;
}

function linesOf(text: string): Line[] {
  let isCode = false;
  return text.split("\n").map((line, i) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) isCode = !isCode;
    return { number: i + 1, text: line, isCode: isCode || isFence };
  });
}
