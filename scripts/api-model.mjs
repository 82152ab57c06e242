/**
 * @file The public API as data, read from the built declarations (`dist/src`, as they are) by the compiler's
 * own programming interface. That interface is called unstable by its makers: everything that touches it is
 * in this file.
 */
import { join } from "node:path";
import { SyntaxKind } from "typescript/unstable/ast";
import { API, SignatureKind, SymbolFlags } from "typescript/unstable/sync";
import { parseComment } from "./api-comments.mjs";
import { root } from "./ensure.mjs";

/** Entries of the package, by the name that its pages and examples give each. */
export const entries = [
  { name: "tf", module: "tensorstrata", file: "index.d.ts" },
  { name: "tflearn", module: "tensorstrata/tflearn", file: "tflearn/index.d.ts" },
  { name: "keras", module: "tensorstrata/keras", file: "keras/index.d.ts" },
  { name: "datasets", module: "tensorstrata/datasets", file: "datasets/index.d.ts" },
  { name: "pictures", module: "tensorstrata/pictures", file: "pictures/index.d.ts" },
];

/**
 * @typedef {import("./api-comments.mjs").Comment} Comment
 * @typedef {{ name: string, type: string, isOptional: boolean, comment: Comment | null }} Property
 * @typedef {{ name: string, type: string, isOptional: boolean, options: readonly Property[] }} Parameter
 * @typedef {{ text: string, parameters: readonly Parameter[], comment: Comment | null }} Signature
 * @typedef {{ name: string, text: string, comment: Comment | null }} Member
 * @typedef {object} Item one exported name
 * @property {string} path `tf.layers.dense`
 * @property {string} name
 * @property {"function" | "class" | "constant" | "interface" | "type"} kind
 * @property {string} text its declaration; for functions, empty
 * @property {Comment | null} comment
 * @property {readonly Signature[]} signatures of a function, or of a class's constructor
 * @property {readonly Member[]} members of a class
 * @property {readonly Property[]} properties of an interface
 * @typedef {{ path: string, comment: Comment | null, items: readonly Item[], namespaces: readonly Namespace[] }} Namespace
 */

/** The namespaces of all entries. @returns {readonly (Namespace & { module: string })[]} */
export function readApi() {
  const api = new API({ cwd: root });
  try {
    const [project] = api
      .updateSnapshot({ openProjects: [join(root, "scripts", "api-reference.tsconfig.json")] })
      .getProjects();
    const reader = new Reader(project);
    return entries.map(({ name, module, file }) => ({
      module,
      ...reader.entry(name, join(root, "dist", "src", file)),
    }));
  } finally {
    api.close();
  }
}

const has = (symbol, flag) => (symbol.flags & flag) !== 0;
/** A declaration on one line where it is short, without what only a declaration file needs. */
const tidy = (text) =>
  text
    .replace(/^export /, "")
    .replace(/^declare /, "")
    .replace(/;$/, "")
    .replace(/ \| undefined$/, "");

class Reader {
  constructor(project) {
    this.project = project;
    this.checker = project.checker;
    /** Numbers of all symbols that an entry exports. */
    this.exported = new Set();
  }

  entry(name, file) {
    const source = this.project.program.getSourceFile(file);
    const module = this.checker.getSymbolAtLocation(source);
    this.noteExports(module);
    return this.namespace(name, module, source);
  }

  /** Notes what a module and those within export. */
  noteExports(module) {
    for (const exported of this.checker.getExportsOfModule(module)) {
      const symbol = this.target(exported);
      const inner = has(symbol, SymbolFlags.ValueModule) ? symbol : this.moduleBehind(symbol);
      if (inner === null) this.exported.add(symbol.id);
      else this.noteExports(inner);
    }
  }

  target(exported) {
    return has(exported, SymbolFlags.Alias) ? this.checker.getAliasedSymbol(exported) : exported;
  }

  namespace(path, module, source) {
    const items = [];
    const namespaces = [];
    for (const exported of this.checker.getExportsOfModule(module)) {
      const at = `${path}.${exported.name}`;
      const symbol = this.target(exported);
      const inner = has(symbol, SymbolFlags.ValueModule) ? symbol : this.moduleBehind(symbol);
      if (inner !== null) namespaces.push(this.namespace(at, inner, this.declarationsOf(inner)[0]));
      else items.push(this.item(at, exported.name, symbol));
    }
    items.sort(byName);
    namespaces.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { path, comment: this.fileComment(source), items, namespaces };
  }

  /** The module that a constant such as `errors` stands for. */
  moduleBehind(symbol) {
    if (!has(symbol, SymbolFlags.Variable)) return null;
    const behind = this.checker.getTypeOfSymbol(symbol)?.getSymbol();
    return behind !== undefined && has(behind, SymbolFlags.ValueModule) ? behind : null;
  }

  item(path, name, symbol) {
    const declarations = this.declarationsOf(symbol);
    const [first] = declarations;
    const comment = this.commentOf(first);
    const base = { path, name, comment, text: "", signatures: [], members: [], properties: [] };
    switch (first.kind) {
      case SyntaxKind.FunctionDeclaration:
        return { ...base, kind: "function", signatures: declarations.map((node) => this.signature(node, name)) };
      case SyntaxKind.ClassDeclaration:
        return {
          ...base,
          kind: "class",
          text: headOf(first),
          signatures: this.constructorsOf(first, name),
          members: [first, ...this.hiddenBases(symbol)].flatMap((node) => this.membersOf(node)),
        };
      case SyntaxKind.InterfaceDeclaration:
        return {
          ...base,
          kind: "interface",
          text: headOf(first),
          properties: this.propertiesOf(this.checker.getDeclaredTypeOfSymbol(symbol)),
        };
      case SyntaxKind.TypeAliasDeclaration:
        return { ...base, kind: "type", text: tidy(first.getText()) };
      default:
        return this.constant(base, first, symbol);
    }
  }

  /** A constant, which may be a function. */
  constant(base, node, symbol) {
    const type = this.checker.getTypeOfSymbol(symbol);
    const calls = type === undefined ? [] : this.checker.getSignaturesOfType(type, SignatureKind.Call);
    if (calls.length === 0) return { ...base, kind: "constant", text: `const ${tidy(node.getText())}` };
    const own = node.type?.kind === SyntaxKind.FunctionType ? node.type : undefined;
    const signatures = calls.map((call) => {
      const declaration = own ?? call.declaration?.resolve(this.project);
      const known = declaration?.parameters === undefined ? undefined : declaration;
      return known === undefined
        ? { text: `${base.name}: ${node.type?.getText() ?? ""}`, parameters: [], comment: base.comment }
        : { ...this.signature(known, base.name), comment: base.comment };
    });
    return { ...base, kind: "function", signatures };
  }

  // ---- parts ----

  signature(node, name) {
    const generics =
      node.typeParameters === undefined ? "" : `<${node.typeParameters.map((p) => p.getText()).join(", ")}>`;
    const parameters = node.parameters.map((parameter) => this.parameter(parameter));
    const shown = parameters.map(
      ({ name: own, type, isOptional, isRest }) => `${isRest ? "..." : ""}${own}${isOptional ? "?" : ""}: ${type}`,
    );
    const result = node.type === undefined ? "" : `: ${node.type.getText()}`;
    return { text: `${name}${generics}(${shown.join(", ")})${result}`, parameters, comment: this.commentOf(node) };
  }

  parameter(node) {
    const isPattern = node.name.kind === SyntaxKind.ObjectBindingPattern;
    return {
      name: isPattern ? "options" : node.name.getText(),
      type: tidy(node.type?.getText() ?? "unknown"),
      isOptional: node.questionToken !== undefined || node.initializer !== undefined,
      isRest: node.dotDotDotToken !== undefined,
      options: this.optionsOf(node, isPattern || /^(options|given|hooks|config|operands)$/.test(node.name.getText())),
    };
  }

  /** The fields of a parameter that is an options object. */
  optionsOf(node, isNamedSo) {
    if (!isNamedSo || node.type === undefined) return [];
    const type = this.checker.getTypeAtLocation(node);
    const present = type && this.checker.getNonNullableType(type);
    return present === undefined ? [] : this.propertiesOf(present);
  }

  propertiesOf(type) {
    return this.checker.getPropertiesOfType(type).flatMap((symbol) => {
      const [node] = this.declarationsOf(symbol);
      // What comes from the language's own libraries is not ours to tell.
      if (!node?.getSourceFile().fileName.includes("/dist/src/")) return [];
      const comment = this.commentOf(node);
      if (comment?.isInternal) return [];
      const type_ = node.type?.getText() ?? tidy(node.getText());
      return [{ name: symbol.name, type: tidy(type_), isOptional: has(symbol, SymbolFlags.Optional), comment }];
    });
  }

  constructorsOf(node, name) {
    const own = node.members.filter(({ kind }) => kind === SyntaxKind.Constructor);
    return own.map((member) => {
      const { text, ...rest } = this.signature(member, name);
      return { text: `new ${text}`, ...rest };
    });
  }

  /** The classes above one that nobody can import: what they have is told where it is inherited. */
  hiddenBases(symbol) {
    const [base] = this.checker.getBaseTypes(this.checker.getDeclaredTypeOfSymbol(symbol));
    const behind = base?.getSymbol();
    if (behind === undefined || this.exported.has(behind.id)) return [];
    const [node] = this.declarationsOf(behind);
    const isOurs = node?.kind === SyntaxKind.ClassDeclaration && node.getSourceFile().fileName.includes("/dist/src/");
    return isOurs ? [node, ...this.hiddenBases(behind)] : [];
  }

  membersOf(node) {
    return node.members.flatMap((member) => {
      if (member.kind === SyntaxKind.Constructor || member.name === undefined) return [];
      const modifiers = (member.modifiers ?? []).map((modifier) => modifier.getText());
      if (modifiers.includes("private") || member.name.kind === SyntaxKind.PrivateIdentifier) return [];
      const comment = this.commentOf(member);
      if (comment?.isInternal) return [];
      return [{ name: member.name.getText(), text: tidy(member.getText()), comment }];
    });
  }

  declarationsOf(symbol) {
    return symbol.declarations.map((handle) => handle.resolve(this.project)).filter((node) => node !== undefined);
  }

  commentOf(node) {
    // What stands before `export const x` belongs to the statement around the declaration.
    const carrier = node.kind === SyntaxKind.VariableDeclaration ? node.parent.parent : node;
    const last = carrier.jsDoc?.at(-1);
    return last === undefined ? null : parseComment(last.getText());
  }

  /** The comment that opens a file. */
  fileComment(source) {
    const opening = /^\/\*\*[\s\S]*?\*\//.exec(source.getFullText())?.[0];
    if (opening === undefined || !opening.includes("@file")) return null;
    return parseComment(opening.replace("@file ", ""));
  }
}

/** A class or interface without its body. */
const headOf = (node) => tidy(node.getText().slice(0, node.getText().indexOf("{")).trim());

/** Functions and classes first, then types; each by name. */
const byName = (a, b) => isType(a) - isType(b) || (a.name < b.name ? -1 : 1);
/** Whether an item exists for the compiler alone. */
export const isType = ({ kind }) => kind === "interface" || kind === "type";

/** Every item of a namespace and those within. */
export const allItems = ({ items, namespaces }) => [...items, ...namespaces.flatMap(allItems)];
