/**
 * @file The references of all operations: everything that the files `*.oracle.ts` of the sources export.
 * A new file is found by its name, so that an operation needs no list.
 */
import type { OpDefinition, Sample } from "../../src/graph/index.js";
import type { OpReference, References } from "../../src/ops/reference.js";
import { listFiles, repositoryRoot } from "../house/repository.js";

async function load(): Promise<ReadonlyMap<string, OpReference>> {
  const found = new Map<string, OpReference>();
  for (const path of listFiles("dist/src").filter((file) => file.endsWith(".oracle.js"))) {
    const module: { readonly references?: References } = await import(new URL(path, repositoryRoot).href);
    if (module.references === undefined) throw new Error(`${path} does not export \`references\``);
    for (const [name, reference] of Object.entries(module.references)) {
      if (found.has(name)) throw new Error(`${path} is the second to describe ${name}`);
      found.set(name, reference);
    }
  }
  return found;
}

/** By the operation's type. */
export const references: ReadonlyMap<string, OpReference> = await load();

/** The samples of an operation; none where its reference says why. */
export function samplesOf({ name }: OpDefinition): readonly Sample[] {
  const reference = references.get(name);
  return reference !== undefined && "samples" in reference ? reference.samples() : [];
}
