/** @file onnxruntime-web on its WebAssembly backend: inference alone. */
import { batchesOf, type LoadedTensor, load } from "../data.js";
import type { Prepare } from "../participant.js";
import { onnxModel } from "./onnx-model.js";
import { importPeer, versionOf } from "./peer.js";

interface PeerTensor {
  readonly data: Float32Array;
}
interface Peer {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<Record<string, PeerTensor>> }>;
  };
  readonly Tensor: new (type: "float32", values: Float32Array, shape: readonly number[]) => PeerTensor;
}

export const prepare: Prepare = async ({ task, threads }) => {
  const name = "onnxruntime-web";
  const { peer: ort, seconds } = await importPeer<Peer>(name);
  if (task.kind !== "predict") throw new Error(`onnxruntime-web does not ${task.kind}`);
  ort.env.wasm.numThreads = threads;
  const read = load(task.data);
  const session = await ort.InferenceSession.create(onnxModel(task.network, read), { executionProviders: ["wasm"] });
  const images = batchesOf(read("images"), 1);
  const ask = async ({ values, shape }: LoadedTensor): Promise<Float32Array> => {
    const { probabilities } = await session.run({ x: new ort.Tensor("float32", values, shape) });
    if (probabilities === undefined) throw new Error("onnxruntime-web returned no probabilities");
    return probabilities.data;
  };
  let next = 0;
  return {
    version: `${versionOf(name)} (wasm)`,
    importSeconds: seconds,
    step: () => ask(images[next++ % images.length] as LoadedTensor),
    check: async () => [...(await ask(images[0] as LoadedTensor))],
  };
};
