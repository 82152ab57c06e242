/**
 * @file The API reference: everything public has a doc comment, fields of options too; the pages that are made
 * of them have what a reader looks for, and their links lead somewhere.
 */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { repositoryRoot } from "./repository.js";

interface Comment {
  readonly text: string;
  readonly params: ReadonlyMap<string, string>;
  readonly returns: string;
  readonly throws: readonly string[];
  readonly isInternal: boolean;
}
const { parseComment, isSilent }: { parseComment(raw: string): Comment; isSilent(comment: Comment | null): boolean } =
  await import(new URL("scripts/api-comments.mjs", repositoryRoot).href);

const script = fileURLToPath(new URL("scripts/api-reference.mjs", repositoryRoot));
const make = (...flags: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [script, "--built", ...flags], { encoding: "utf8" });

test("every public name, every option and every field of an interface has a doc comment", () => {
  const { status, stderr } = make("--check");
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("a comment's tags are found at the beginning of lines and behind sentences, not in code", () => {
  const comment = parseComment(`/**
   * What it is, \`@throws\` being a word. @throws ArgumentError for a
   * value of two lines
   * @param options.rate - in [0, 1)
   * @returns a tensor
   *
   * \`\`\`ts
   * @decorated class A {}
   * \`\`\`
   */`);
  assert.equal(comment.text, "What it is, `@throws` being a word.");
  assert.deepEqual(comment.throws, ["ArgumentError for a\nvalue of two lines"]);
  assert.equal(comment.params.get("options.rate"), "in [0, 1)");
  assert.match(comment.returns, /^a tensor\n\n```ts\n@decorated class A \{\}\n```$/);
  assert.equal(parseComment("/** @internal For others. */").isInternal, true);
  assert.deepEqual([isSilent(null), isSilent(parseComment("/** */")), isSilent(comment)], [true, true, false]);
});

describe("the pages", () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-api-"));
  const pages = new Map<string, string>();
  before(() => {
    const { status, stderr } = make("--out", folder);
    assert.equal(status, 0, stderr);
    for (const name of readdirSync(folder)) pages.set(name, readFileSync(join(folder, name), "utf8"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const page = (name: string): string => pages.get(name) ?? "";
  /** What stands under the heading of a name. */
  const section = (name: string, path: string): string =>
    page(name).split(`<a id="${path}"></a>`)[1]?.split("<a id=")[0] ?? "";

  test("there is one for each entry of the package, and one that lists them", () => {
    const entries = ["datasets", "keras", "pictures", "tflearn"].map((entry) => `tensorstrata-${entry}.md`);
    assert.deepEqual([...pages.keys()].sort(), ["README.md", ...entries, "tensorstrata.md"]);
    for (const name of entries) assert.ok(page("README.md").includes(`(${name})`), name);
  });

  test("links lead to what is there", () => {
    for (const [name, text] of pages) {
      const prose = text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`(?!\])/g, "");
      const anchors = new Set(Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id]) => id));
      for (const [, target = ""] of prose.matchAll(/\]\(#([^)]+)\)/g))
        assert.ok(anchors.has(target), `${name}#${target}`);
      assert.doesNotMatch(prose, /\{@link/, name);
    }
  });

  test("a function has its signature, parameters, options with defaults, errors and original", () => {
    const dense = section("tensorstrata.md", "tf.layers.dense");
    assert.match(dense, /```ts\ndense<.*>\(inputs: .*, units: Units, options\?: .*\): Tensor<.*>\n```/);
    assert.match(dense, /- `inputs`: rank 2 or more/);
    assert.match(dense, /\| `useBias` \| `boolean` \| .*Default true\. \|/);
    assert.match(dense, /\| `kernelConstraint` \| `VariableConstraint \\\| null` \|/);
    assert.match(dense, /Throws:\n\n- ShapeError for inputs of another kind/);
    assert.match(dense, /`tf\.layers\.dense`/);
  });

  test("a class has its constructor, options and members, those of a base that cannot be imported too", () => {
    const lstm = section("tensorstrata-keras.md", "keras.layers.LSTM");
    assert.match(lstm, /new LSTM\(units: number, options\?: LSTMOptions\)/);
    assert.match(lstm, /\| `stateful` \| `boolean` \| [^|]*Default false\. \|/);
    assert.match(lstm, /\| `activation` \| [^|]*\\\| null` \| Of the new state\. Default `tanh`/);
    assert.match(lstm, /- `resetState\(states\?: .*\): Promise<void>`/);
    assert.doesNotMatch(page("tensorstrata-keras.md"), /stateIn|#network/);
  });

  test("options are listed whatever their parameter is called", () => {
    for (const [name, option] of [
      ["losses.Huber", "delta"],
      ["metrics.TopKCategoricalAccuracy", "k"],
    ])
      assert.match(section("tensorstrata-keras.md", `keras.${name}`), new RegExp(`\\| \`${option}\` \\| \`number\``));
  });

  test("interfaces list their fields, namespaces behind constants are opened, overloads stand together", () => {
    assert.match(section("tensorstrata-keras.md", "keras.FitOptions"), /\| `epochs` \| `number` \| .*Default 1\. \|/);
    assert.match(section("tensorstrata.md", "tf.errors.NotFoundError"), /class NotFoundError extends OpError/);
    assert.equal((section("tensorstrata-pictures.md", "pictures.showPics").match(/^showPics\(/gm) ?? []).length, 2);
  });
});
