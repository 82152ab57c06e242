/**
 * @file Doc comments as data: the text, and what its tags say. The house writes short ones on one line,
 * `What it is. @throws ArgumentError for …`, so a tag may also stand behind the end of a sentence.
 */

/**
 * @typedef {object} Comment
 * @property {string} text what comes before the tags, as Markdown
 * @property {ReadonlyMap<string, string>} params by name: `inputs`, or `options.rate`
 * @property {string} returns empty where nothing is said
 * @property {readonly string[]} throws
 * @property {readonly string[]} see
 * @property {boolean} isInternal
 */

const tagAtLineStart = /^@(\w+)\s*/;
const tagBehindSentence = /(?<=[.:;`)])\s+@(throws|param|returns|see)\s+/g;

/** @param {string} raw a comment with its slashes and stars @returns {Comment} */
export function parseComment(raw) {
  const lines = raw
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .flatMap((line) => line.replace(tagBehindSentence, "\n@$1 ").split("\n"));
  const parts = [{ tag: "", lines: [] }];
  let isFenced = false;
  for (const line of lines) {
    if (/^\s*```/.test(line)) isFenced = !isFenced;
    const tag = isFenced ? null : tagAtLineStart.exec(line.trimStart());
    if (tag === null) parts.at(-1).lines.push(line);
    else parts.push({ tag: tag[1], lines: [line.trimStart().slice(tag[0].length)] });
  }
  const sections = parts.map(({ tag, lines: own }) => ({ tag, text: own.join("\n").trim() }));
  const withTag = (tag) => sections.filter((section) => section.tag === tag).map(({ text }) => text);
  return {
    text: sections[0].text,
    params: new Map(withTag("param").map(splitName)),
    returns: withTag("returns").join(" "),
    throws: withTag("throws"),
    see: withTag("see"),
    isInternal: sections.some(({ tag }) => tag === "internal"),
  };
}

/** `name the rest` → `[name, the rest]`; a dash between them is left out. */
function splitName(text) {
  const [, name = "", rest = ""] = /^(\S+)\s*(?:[-–]\s+)?([\s\S]*)$/.exec(text) ?? [];
  return [name, rest];
}

/** Whether a comment says anything about what it stands at. @param {Comment | null} comment */
export const isSilent = (comment) =>
  comment === null ||
  (comment.text === "" &&
    comment.returns === "" &&
    comment.see.length === 0 &&
    comment.throws.length === 0 &&
    comment.params.size === 0);
