/**
 * @file A graph with its collections as a MetaGraphDef: what `<prefix>.meta` holds beside a
 * checkpoint. May import `ops`, `formats` and below.
 */
import { type CollectionDef, encodeMetaGraphDef, encodeVariableDef, type MetaGraphDef } from "../formats/index.js";
import { type Graph, Operation, Tensor } from "../graph/index.js";
import { Variable } from "../ops/variable.js";
import "../ops/graph-def.js";

/** The graph as a MetaGraphDef. Collections that hold anything but graph elements, texts or numbers are left out. */
export function metaGraphOf(graph: Graph): MetaGraphDef {
  const collectionDef: Record<string, CollectionDef> = {};
  for (const key of graph.getAllCollectionKeys()) {
    const collection = collectionOf(graph.getCollection(key));
    if (collection !== undefined) collectionDef[key] = collection;
  }
  return { graphDef: graph.asGraphDef(), collectionDef };
}

/** The bytes of {@link metaGraphOf}. */
export const encodeMetaGraph = (graph: Graph): Uint8Array => encodeMetaGraphDef(metaGraphOf(graph));

function collectionOf(items: readonly unknown[]): CollectionDef | undefined {
  if (items.length === 0) return undefined;
  if (items.every((item) => item instanceof Variable))
    return { bytesList: items.map((variable) => encodeVariable(variable)) };
  if (items.every((item) => item instanceof Tensor || item instanceof Operation))
    return { nodeList: items.map(({ name }) => name) };
  if (items.every((item) => typeof item === "string"))
    return { bytesList: items.map((item) => new TextEncoder().encode(item)) };
  if (items.every((item) => typeof item === "number"))
    return items.every(Number.isSafeInteger) ? { int64List: items } : { floatList: items };
  return undefined;
}

function encodeVariable(variable: Variable): Uint8Array {
  return encodeVariableDef({
    variableName: variable.name,
    initialValueName: variable.initialValue.name,
    initializerName: variable.initializer.name,
    snapshotName: variable.value().name,
    isResource: false,
    trainable: variable.trainable,
  });
}
