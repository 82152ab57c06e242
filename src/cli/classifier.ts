/** @file A trained network out of a checkpoint, ready to be asked about pictures. */
import { FailedPreconditionError, NdArray } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import type { Picture } from "../pictures/index.js";
import type { DeviceName, Session } from "../runtime/index.js";
import { Saver } from "../train/index.js";
import { buildNetwork, type NetworkName, networkNames } from "./networks.js";
import type { SavedNetwork } from "./saved-network.js";
import { PIXELS } from "./training.js";

/** Which network a checkpoint holds. @throws FailedPreconditionError where nobody says */
export function networkIn({ prefix, description }: SavedNetwork, chosen: NetworkName | undefined): NetworkName {
  const name = chosen ?? description?.network;
  if (name !== undefined) return name;
  throw new FailedPreconditionError(`${prefix} does not say which network it holds`, {
    hint:
      `if strata train made it, name it with --network: ${networkNames.join(", ")}. A network of your own program is ` +
      "unknown here: restore it there, and predict digitOf(readPng(bytes, name)).ink of tensorstrata/pictures",
  });
}

export class Classifier {
  private constructor(
    private readonly session: Session,
    private readonly pixels: Tensor,
    private readonly probabilities: Tensor<"float32", readonly [null, 10]>,
  ) {}

  /**
   * Builds the network anew and gives it the values of a checkpoint. Close it after use.
   * @throws FailedPreconditionError where the checkpoint has no such network in it
   */
  static async open(saved: SavedNetwork, name: NetworkName, device: DeviceName | undefined): Promise<Classifier> {
    const network = await buildNetwork(name);
    const { graph } = network.loss;
    const [probabilities, saver] = graph.asDefault(() => [network.probabilities(), new Saver()] as const);
    const { session } = await network.open(device);
    try {
      await saver.restore(session, saved.prefix);
    } catch (error) {
      session.close();
      if (saved.description?.network === name) throw error;
      throw new FailedPreconditionError(`${saved.prefix} does not hold the network ${name}`, {
        hint: `it holds ${saved.description?.network ?? "another one"}; strata summary ${saved.prefix} lists its variables`,
        cause: error,
      });
    }
    return new Classifier(session, network.pixels, probabilities);
  }

  /** How likely each class is, for a picture of 28×28. */
  async classify({ ink }: Picture): Promise<readonly number[]> {
    const row = new NdArray("float32", [1, PIXELS], ink);
    const { data } = await this.session.run(this.probabilities, [[this.pixels, row]]);
    return [...data];
  }

  [Symbol.dispose](): void {
    this.session.close();
  }
}
