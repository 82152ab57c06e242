/** @file `Tokenizer`: texts as numbers of words. Follows `keras.preprocessing.text` of Keras 2. Imports `core`. */
import { ArgumentError, FailedPreconditionError, NdArray } from "../../core/index.js";
import { requireAmong } from "../arguments.js";

/** How a text is cut into words. */
export interface WordOptions {
  /** Characters that count as spaces. Default: punctuation, tabs and line breaks, but not `'`. */
  readonly filters?: string;
  /** Default true. */
  readonly lower?: boolean;
  /** What separates words. Default a space. */
  readonly split?: string;
}

/** Options of {@link Tokenizer}. */
export interface TokenizerOptions extends WordOptions {
  /** Keeps the `numWords − 1` most frequent words. Default: all. */
  readonly numWords?: number | null;
  /** Every character is a word. Default false. */
  readonly charLevel?: boolean;
  /** Stands for unknown words, which are left out otherwise. */
  readonly oovToken?: string | null;
}

const wordOptions = ["filters", "lower", "split"];
const punctuation = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

/** The words of a text. `keras.preprocessing.text.text_to_word_sequence`. */
export function textToWordSequence(text: string, options: WordOptions = {}): string[] {
  requireAmong(wordOptions, options, "textToWordSequence()");
  const { filters = punctuation, lower = true, split = " " } = options;
  const filtered = new Set(filters);
  const cleaned = Array.from(lower ? text.toLowerCase() : text, (character) =>
    filtered.has(character) ? split : character,
  );
  return cleaned
    .join("")
    .split(split)
    .filter((word) => word !== "");
}

/** What stands in the columns of a matrix of texts. */
export type MatrixMode = "binary" | "count" | "freq" | "tfidf";

/** Numbers words by frequency, from 1; 0 is left for padding. `keras.preprocessing.text.Tokenizer`. */
export class Tokenizer {
  /** How often each word was seen. */
  readonly wordCounts = new Map<string, number>();
  /** In how many texts each word was seen. */
  readonly wordDocs = new Map<string, number>();
  /** Number of each word. */
  readonly wordIndex = new Map<string, number>();
  /** Word of each number. */
  readonly indexWord = new Map<number, string>();
  /** How many texts were seen. */
  documentCount = 0;
  readonly numWords: number | null;
  private readonly words: WordOptions;
  private readonly charLevel: boolean;
  private readonly oovToken: string | null;

  constructor(options: TokenizerOptions = {}) {
    requireAmong(["numWords", "charLevel", "oovToken", ...wordOptions], options, "Tokenizer");
    const { numWords = null, charLevel = false, oovToken = null, ...words } = options;
    this.numWords = numWords;
    this.charLevel = charLevel;
    this.oovToken = oovToken;
    this.words = words;
  }

  /** Learns the words of texts, in addition to those learned before. A text may be given as its words. */
  fitOnTexts(texts: Iterable<string | readonly string[]>): void {
    for (const text of texts) {
      this.documentCount++;
      const words = this.wordsOf(text);
      for (const word of words) this.wordCounts.set(word, (this.wordCounts.get(word) ?? 0) + 1);
      for (const word of new Set(words)) this.wordDocs.set(word, (this.wordDocs.get(word) ?? 0) + 1);
    }
    // The sort is stable: equally frequent words keep the order in which they were first seen.
    const sorted = [...this.wordCounts].sort(([, a], [, b]) => b - a).map(([word]) => word);
    if (this.oovToken !== null) sorted.unshift(this.oovToken);
    this.wordIndex.clear();
    this.indexWord.clear();
    for (const word of sorted) {
      if (this.wordIndex.has(word)) continue;
      const index = this.wordIndex.size + 1;
      this.wordIndex.set(word, index);
      this.indexWord.set(index, word);
    }
  }

  /** The numbers of the known words of each text. */
  textsToSequences(texts: Iterable<string | readonly string[]>): number[][] {
    const unknown = this.oovToken === null ? undefined : this.wordIndex.get(this.oovToken);
    return Array.from(texts, (text) =>
      this.wordsOf(text).flatMap((word) => {
        const index = this.wordIndex.get(word);
        const isKept = index !== undefined && (this.numWords === null || index < this.numWords);
        return (isKept ? index : unknown) ?? [];
      }),
    );
  }

  /** Texts of the words of each sequence, a space between two. */
  sequencesToTexts(sequences: Iterable<Iterable<number>>): string[] {
    return Array.from(sequences, (sequence) =>
      Array.from(sequence)
        .flatMap((index) => {
          const word = this.numWords !== null && index >= this.numWords ? undefined : this.indexWord.get(index);
          return word ?? this.oovToken ?? [];
        })
        .join(" "),
    );
  }

  /** A row for each text: which words it has. See {@link sequencesToMatrix}. */
  textsToMatrix(texts: Iterable<string | readonly string[]>, mode: MatrixMode = "binary"): NdArray<"float32"> {
    return this.sequencesToMatrix(this.textsToSequences(texts), mode);
  }

  /**
   * A row for each sequence, a column for each number: whether it occurs (`binary`), how often (`count`), how
   * often per element (`freq`), or `(1 + ln count)·ln(1 + documents/(1 + documents with it))` (`tfidf`).
   * @returns shape `[sequences, numWords]`
   * @throws FailedPreconditionError where no texts were learned and they are needed
   * @throws ArgumentError for an unknown mode
   */
  sequencesToMatrix(sequences: readonly (readonly number[])[], mode: MatrixMode = "binary"): NdArray<"float32"> {
    if (!["binary", "count", "freq", "tfidf"].includes(mode))
      throw new ArgumentError(`Unknown vectorization mode: '${mode}'`, { hint: "use binary, count, freq or tfidf" });
    const needsTexts = mode === "tfidf" || this.numWords === null;
    if (needsTexts && this.wordIndex.size === 0)
      throw new FailedPreconditionError("The tokenizer has learned no texts yet", { hint: "call fitOnTexts() first" });
    const width = this.numWords ?? this.wordIndex.size + 1;
    const data = new Float32Array(sequences.length * width);
    sequences.forEach((sequence, row) => {
      const counts = new Map<number, number>();
      for (const index of sequence) if (index < width) counts.set(index, (counts.get(index) ?? 0) + 1);
      for (const [index, count] of counts)
        data[row * width + index] = this.weightOf(mode, index, count, sequence.length);
    });
    return new NdArray("float32", [sequences.length, width], data);
  }

  private weightOf(mode: MatrixMode, index: number, count: number, length: number): number {
    if (mode === "binary") return 1;
    if (mode === "count") return count;
    if (mode === "freq") return count / length;
    const documents = this.wordDocs.get(this.indexWord.get(index) ?? "") ?? 0;
    return (1 + Math.log(count)) * Math.log(1 + this.documentCount / (1 + documents));
  }

  private wordsOf(text: string | readonly string[]): readonly string[] {
    const { lower = true } = this.words;
    if (typeof text !== "string") return lower ? text.map((word) => word.toLowerCase()) : text;
    if (!this.charLevel) return textToWordSequence(text, this.words);
    return Array.from(lower ? text.toLowerCase() : text);
  }
}
