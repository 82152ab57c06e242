/**
 * @file Assembles a WebAssembly module: one imported memory, imported and defined functions, exports.
 * Imports the function builder and core's errors. Functions may be imported, declared, defined and
 * exported in any order, also while another body is being written; indices are settled at the end.
 */
import { InternalError } from "../../../core/errors.js";
import { ByteWriter } from "./byte-writer.js";
import { FunctionBuilder } from "./function-builder.js";
import { type FunctionRef, type ValType, valTypeCodes } from "./types.js";

export interface MemoryLimits {
  /** Pages of 64 KiB the imported memory must have at least. */
  readonly initial: number;
  /** Pages it may grow to; required if it is shared. */
  readonly maximum?: number;
  /** Whether threads share it. */
  readonly shared?: boolean;
}

export interface ModuleOptions {
  /** Write function names into the module, so that stack traces and profilers show them. Default false. */
  readonly debugNames?: boolean;
}

interface MemoryImport extends MemoryLimits {
  readonly module: string;
  readonly name: string;
}
interface FunctionImport {
  readonly module: string;
  readonly ref: FunctionRef;
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const Section = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const ExternalKind = { function: 0, memory: 2 } as const;
const MAX_PAGES = 65536;

export class ModuleBuilder {
  readonly #debugNames: boolean;
  #memory: MemoryImport | undefined;
  readonly #imports: FunctionImport[] = [];
  /** Defined functions in index order; undefined until the body is written. */
  readonly #bodies = new Map<FunctionRef, FunctionBuilder | undefined>();
  readonly #exports = new Map<string, FunctionRef>();
  readonly #owned = new Set<FunctionRef>();
  /** Vector constants, each an immutable global, by their bytes. */
  readonly #constants = new Map<string, { readonly index: number; readonly bytes: Uint8Array }>();

  constructor(options: ModuleOptions = {}) {
    this.#debugNames = options.debugNames ?? false;
  }

  /** Imports the memory all instructions work on. */
  importMemory(module: string, name: string, limits: MemoryLimits): void {
    const { initial, maximum, shared } = limits;
    if (this.#memory !== undefined)
      throw new InternalError(`wasm module: memory is imported already, as ${this.#memory.name}`);
    if (shared === true && maximum === undefined)
      throw new InternalError(`wasm module: shared memory ${name} needs a maximum`);
    if (initial < 0 || initial > (maximum ?? MAX_PAGES) || (maximum ?? 0) > MAX_PAGES)
      throw new InternalError(`wasm module: memory of ${initial} to ${maximum} pages; at most ${MAX_PAGES}`);
    this.#memory = { module, name, ...limits };
  }

  /** Imports a function. */
  importFunction(module: string, name: string, params: readonly ValType[], results: readonly ValType[]): FunctionRef {
    const ref = this.#newFunction(name, params, results);
    this.#imports.push({ module, ref });
    return ref;
  }

  /** Declares a function whose body {@link defineBody} writes later, so that others can call it before. */
  declareFunction(name: string, params: readonly ValType[], results: readonly ValType[]): FunctionRef {
    const ref = this.#newFunction(name, params, results);
    this.#bodies.set(ref, undefined);
    return ref;
  }

  /** Writes the body of a declared function. */
  defineBody(ref: FunctionRef, build: (f: FunctionBuilder) => void): void {
    if (!this.#bodies.has(ref)) throw new InternalError(`wasm function ${ref.name}: not declared in this module`);
    if (this.#bodies.get(ref) !== undefined) throw new InternalError(`wasm function ${ref.name}: defined twice`);
    const builder = new FunctionBuilder(
      ref,
      (callee) => this.#owned.has(callee),
      (bytes) => this.#globalOf(bytes),
    );
    build(builder);
    this.#bodies.set(ref, builder);
  }

  /** Declares a function and writes its body, which may call the function itself through the second argument. */
  defineFunction(
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
    build: (f: FunctionBuilder, self: FunctionRef) => void,
  ): FunctionRef {
    const ref = this.declareFunction(name, params, results);
    this.defineBody(ref, (f) => build(f, ref));
    return ref;
  }

  /** Makes a function visible to JavaScript. */
  exportFunction(name: string, ref: FunctionRef): void {
    if (!this.#owned.has(ref))
      throw new InternalError(`wasm module: exports ${ref.name}, which belongs to another module`);
    if (this.#exports.has(name)) throw new InternalError(`wasm module: two exports are called ${name}`);
    this.#exports.set(name, ref);
  }

  /** The module. The builder stays usable: more functions may be added and the module encoded again. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const functions = [...this.#imports.map(({ ref }) => ref), ...this.#bodies.keys()];
    const indices = new Map(functions.map((ref, index) => [ref, index]));
    const indexOf = (ref: FunctionRef): number => indices.get(ref) ?? unknownFunction(ref);
    const types = new TypeTable();
    const typeIndices = functions.map((ref) => types.indexOf(ref));

    const out = new ByteWriter(1 << 16);
    out.bytes(MAGIC_AND_VERSION);
    vectorSection(out, Section.type, types.signatures, (w, ref) => {
      w.byte(0x60);
      for (const side of [ref.params, ref.results]) {
        w.u32(side.length);
        for (const type of side) w.byte(valTypeCodes[type]);
      }
    });
    const imported = this.#imports.map(({ module, ref }, index) => (w: ByteWriter) => {
      w.text(module);
      w.text(ref.name);
      w.byte(ExternalKind.function);
      w.u32(typeIndices[index] ?? 0);
    });
    const memory = this.#memory;
    if (memory !== undefined) imported.push((w) => writeMemoryImport(w, memory));
    vectorSection(out, Section.import, imported, (w, write) => write(w));
    vectorSection(out, Section.function, typeIndices.slice(this.#imports.length), (w, type) => w.u32(type));
    vectorSection(out, Section.global, [...this.#constants.values()], (w, { bytes }) => {
      w.bytes([valTypeCodes.v128, 0, 0xfd, 0x0c]);
      w.bytes(bytes);
      w.byte(0x0b);
    });
    vectorSection(out, Section.export, [...this.#exports], (w, [name, ref]) => {
      w.text(name);
      w.byte(ExternalKind.function);
      w.u32(indexOf(ref));
    });
    vectorSection(out, Section.code, [...this.#bodies], (w, [ref, builder]) => {
      if (builder === undefined) throw new InternalError(`wasm function ${ref.name}: declared but never defined`);
      const body = builder.encode(indexOf);
      w.u32(body.length);
      w.append(body);
    });
    if (this.#debugNames) writeNames(out, functions);
    return out.toBytes();
  }

  #globalOf(bytes: Uint8Array): number {
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known.index;
    const index = this.#constants.size;
    this.#constants.set(key, { index, bytes: bytes.slice() });
    return index;
  }

  #newFunction(name: string, params: readonly ValType[], results: readonly ValType[]): FunctionRef {
    const ref: FunctionRef = { name, params, results };
    this.#owned.add(ref);
    return ref;
  }
}

/** Function signatures, each stored once. */
class TypeTable {
  readonly signatures: FunctionRef[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(ref: FunctionRef): number {
    const key = `${ref.params.join(",")}>${ref.results.join(",")}`;
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.signatures.length);
    return this.signatures.push(ref) - 1;
  }
}

/** A section that holds a vector of items; left out where there are none. */
function vectorSection<T>(
  out: ByteWriter,
  id: number,
  items: readonly T[],
  write: (w: ByteWriter, item: T) => void,
): void {
  if (items.length === 0) return;
  const content = new ByteWriter();
  content.u32(items.length);
  for (const item of items) write(content, item);
  out.byte(id);
  out.u32(content.length);
  out.append(content);
}

function writeMemoryImport(w: ByteWriter, { module, name, initial, maximum, shared }: MemoryImport): void {
  w.text(module);
  w.text(name);
  w.byte(ExternalKind.memory);
  w.byte((shared === true ? 2 : 0) | (maximum === undefined ? 0 : 1));
  w.u32(initial);
  if (maximum !== undefined) w.u32(maximum);
}

/** The custom section `name`, with its subsection 1: function names. */
function writeNames(out: ByteWriter, functions: readonly FunctionRef[]): void {
  const names = new ByteWriter();
  names.u32(functions.length);
  for (const [index, { name }] of functions.entries()) {
    names.u32(index);
    names.text(name);
  }
  const content = new ByteWriter();
  content.text("name");
  content.byte(1);
  content.u32(names.length);
  content.append(names);
  out.byte(Section.custom);
  out.u32(content.length);
  out.append(content);
}

function unknownFunction(ref: FunctionRef): never {
  throw new InternalError(`wasm function ${ref.name}: belongs to another module`);
}
