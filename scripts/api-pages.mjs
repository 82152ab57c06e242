/**
 * @file The public API as Markdown: one page for each entry of the package, and one that lists them. Pure
 * functions from the model of `api-model.mjs` to text.
 */
import { isSilent } from "./api-comments.mjs";
import { allItems, isType } from "./api-model.mjs";

/** @typedef {import("./api-model.mjs").Namespace & { module: string }} Entry */

/** The file of an entry's page. @param {Entry} entry */
export const pageName = ({ module }) => `${module.replace("/", "-")}.md`;

/** @param {Entry} entry @returns {string} */
export function renderPage(entry) {
  const items = new Map(allItems(entry).map((item) => [item.path, item]));
  const page = new Page(items);
  const namespaces = flattened(entry);
  return [
    `# ${entry.module}`,
    fenced(`import * as ${entry.path} from "${entry.module}";`),
    page.prose(entry.comment?.text ?? "", entry.path),
    made,
    namespaces.length > 1
      ? namespaces.map(({ path, items: own }) => `- [${path}](#${path}): ${countOf(own)}`).join("\n")
      : "",
    ...namespaces.flatMap((namespace) => page.namespace(namespace)),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** @param {readonly Entry[]} all */
export function renderIndex(all) {
  const rows = all.map((entry) => `| [${entry.module}](${pageName(entry)}) | ${countOf(allItems(entry))} |`);
  return `# API reference\n\n${made} Each name comes with its signature, its\nparameters and options, the errors it throws, and the original it follows;\n[the page of names](../names.md) goes the other way, from the originals to ours.\n\n| import | |\n| --- | --- |\n${rows.join("\n")}\n`;
}

const made = "These pages are made from the doc comments of the sources by `npm run docs`.";

const flattened = (namespace) =>
  [namespace, ...namespace.namespaces.flatMap(flattened)].filter(({ items }) => items.length > 0);
const countOf = (items) => {
  const types = items.filter(isType).length;
  const values = items.length - types;
  return `${values} ${values === 1 ? "value" : "values"}, ${types} ${types === 1 ? "type" : "types"}`;
};
const fenced = (code) => `\`\`\`ts\n${code}\n\`\`\``;
const anchored = (path, heading) => `<a id="${path}"></a>\n\n${heading}`;
/** Text within a cell of a table. */
const cell = (text) => text.replaceAll("\n", " ").replaceAll("|", "\\|");
const coded = (text) => `\`${text.replace(/\s+/g, " ")}\``;

class Page {
  constructor(items) {
    this.items = items;
  }

  namespace({ path, comment, items }) {
    const intro = path.includes(".") ? this.prose(comment?.text ?? "", path) : "";
    const links = (wanted) =>
      items
        .filter(wanted)
        .map(({ name, path: at }) => `[${name}](#${at})`)
        .join(", ");
    const types = links(isType);
    const values = links((item) => !isType(item));
    return [
      anchored(path, `## ${path}`),
      intro,
      values,
      types === "" ? "" : `Types: ${types}`,
      ...items.flatMap((item) => this.item(item)),
    ].filter((part) => part !== "");
  }

  item(item) {
    const { path, kind, text, signatures, members, properties, comment } = item;
    const isCalled = signatures.length > 0;
    const code = [...(text === "" ? [] : [text]), ...signatures.map((signature) => signature.text)].join("\n");
    // Overloads and constructors may have comments of their own beside the item's.
    const own = signatures
      .map((signature) => signature.comment)
      .filter((c) => c !== null && !isSilent(c) && c.text !== comment?.text);
    const comments = [comment, ...own].filter((c) => c !== null);
    return [
      anchored(path, `### ${path}`),
      fenced(code),
      ...comments.map((c) => this.prose(c.text, path)),
      isCalled ? this.parameters(signatures, comments, path) : "",
      ...comments.filter((c) => c.returns !== "").map((c) => `Returns ${this.prose(c.returns, path)}`),
      this.optionTables(signatures, comments, path),
      kind === "interface" ? this.properties(properties, path) : "",
      this.members(members, path),
      this.errors(
        comments.flatMap((c) => c.throws),
        path,
      ),
      ...comments.flatMap((c) => c.see).map((see) => `See ${this.prose(see, path)}.`),
    ].filter((part) => part !== "");
  }

  parameters(signatures, comments, path) {
    const names = [...new Set(signatures.flatMap(({ parameters }) => parameters.map(({ name }) => name)))];
    const said = names.flatMap((name) => {
      const text = comments.map(({ params }) => params.get(name)).find((t) => t !== undefined && t !== "");
      return text === undefined ? [] : [`- ${coded(name)}: ${this.prose(text, path).replaceAll("\n", "\n  ")}`];
    });
    return said.join("\n");
  }

  /** The options of all parameters that have some, once for all signatures. */
  optionTables(signatures, comments, path) {
    const seen = new Map();
    for (const { parameters } of signatures)
      for (const { options } of parameters)
        for (const option of options) seen.set(option.name, seen.get(option.name) ?? option);
    const further = new Map(comments.flatMap(({ params }) => [...params]));
    const rows = [...seen.values()].map((option) => ({ ...option, more: further.get(`options.${option.name}`) }));
    return rows.length === 0 ? "" : this.table("option", rows, path);
  }

  properties(properties, path) {
    return properties.length === 0 ? "" : this.table("property", properties, path);
  }

  table(title, rows, path) {
    const lines = rows.map(({ name, type, isOptional, comment, more }) => {
      const text = more ?? comment?.text ?? "";
      const errors = (comment?.throws ?? []).map((error) => ` Throws ${error}.`).join("");
      return `| ${coded(isOptional ? name : `${name} (required)`)} | ${cell(coded(type))} | ${cell(this.prose(text, path) + errors)} |`;
    });
    return [`| ${title} | type | |`, "| --- | --- | --- |", ...lines].join("\n");
  }

  members(members, path) {
    // Of what a class overrides, the class says what is new; the rest stands at its base.
    const told = members.filter(({ comment }) => comment !== null && !isSilent(comment));
    return told
      .map(({ text, comment }) => {
        const parts = [this.prose(comment.text, path)];
        for (const [name, description] of comment.params)
          parts.push(`${coded(name)}: ${this.prose(description, path)}.`);
        if (comment.returns !== "") parts.push(`Returns ${this.prose(comment.returns, path)}.`);
        for (const error of comment.throws) parts.push(`Throws ${this.prose(error, path)}.`);
        return `- ${coded(text)}\n  ${parts
          .filter((part) => part !== "")
          .join(" ")
          .replaceAll("\n", "\n  ")}`;
      })
      .join("\n");
  }

  errors(throws, path) {
    if (throws.length === 0) return "";
    return ["Throws:", "", ...throws.map((text) => `- ${this.prose(text, path).replaceAll("\n", "\n  ")}`)].join("\n");
  }

  /** Text of a comment with its links to names of this page. @param {string} from the path of what is described */
  prose(text, from) {
    return text.replace(/\{@link ([\w.]+)(?:\s*\|?\s*([^}]*))?\}/g, (_, name, label) => {
      const shown = `\`${label || name}\``;
      const target = this.find(name, from);
      return target === undefined ? shown : `[${shown}](#${target})`;
    });
  }

  /** The path of what a name means where it stands: in the same namespace, or one around it. */
  find(name, from) {
    const [head = name] = name.split(".");
    for (let scope = from; scope !== ""; scope = scope.slice(0, Math.max(0, scope.lastIndexOf("."))))
      for (const candidate of [`${scope}.${name}`, `${scope}.${head}`]) if (this.items.has(candidate)) return candidate;
    return undefined;
  }
}
