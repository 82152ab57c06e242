/**
 * @file Layers over volumes, which do not exist: each name says so and what to do instead. May import `core`
 * and `graph`.
 */
import { callSiteOf, captureCallSite, UnimplementedError } from "../core/index.js";
import type { Tensor } from "../graph/index.js";
import { Layer } from "./layer.js";

function unimplemented(name: string, alternative: string): never {
  throw new UnimplementedError(`${name} is not implemented: there are no operations over three spatial axes.`, {
    createdAt: callSiteOf(captureCallSite()),
    hint: alternative,
  });
}

const foldDepth = "fold one axis into the batch or the channels with tf.reshape(), and use the layer of two dimensions";

/** Volumes cannot be convolved. `tf.layers.conv3d`. @throws UnimplementedError always */
export const conv3d = (..._arguments: readonly unknown[]): never => unimplemented("tf.layers.conv3d", foldDepth);

/** Volumes cannot be convolved. `tf.layers.conv3d_transpose`. @throws UnimplementedError always */
export const conv3dTranspose = (..._arguments: readonly unknown[]): never =>
  unimplemented("tf.layers.conv3dTranspose", foldDepth);

const poolTwice =
  "pool height and width with the depth folded into the batch, then depth with height and width folded into it";

/** Volumes cannot be pooled. `tf.layers.max_pooling3d`. @throws UnimplementedError always */
export const maxPooling3d = (..._arguments: readonly unknown[]): never =>
  unimplemented("tf.layers.maxPooling3d", poolTwice);

/** Volumes cannot be pooled. `tf.layers.average_pooling3d`. @throws UnimplementedError always */
export const averagePooling3d = (..._arguments: readonly unknown[]): never =>
  unimplemented("tf.layers.averagePooling3d", poolTwice);

/** The classes of such layers. Base of them alone. @throws UnimplementedError always */
abstract class Volumes extends Layer {
  constructor(name: string, alternative: string) {
    super();
    unimplemented(`tf.layers.${name}`, alternative);
  }
  protected override call(inputs: Tensor): Tensor {
    return inputs;
  }
}

/** Volumes cannot be convolved. `tf.layers.Conv3D`. @throws UnimplementedError always */
export class Conv3D extends Volumes {
  constructor(..._arguments: readonly unknown[]) {
    super("Conv3D", foldDepth);
  }
}

/** Volumes cannot be convolved. `tf.layers.Conv3DTranspose`. @throws UnimplementedError always */
export class Conv3DTranspose extends Volumes {
  constructor(..._arguments: readonly unknown[]) {
    super("Conv3DTranspose", foldDepth);
  }
}

/** Volumes cannot be pooled. `tf.layers.MaxPooling3D`. @throws UnimplementedError always */
export class MaxPooling3D extends Volumes {
  constructor(..._arguments: readonly unknown[]) {
    super("MaxPooling3D", poolTwice);
  }
}

/** Volumes cannot be pooled. `tf.layers.AveragePooling3D`. @throws UnimplementedError always */
export class AveragePooling3D extends Volumes {
  constructor(..._arguments: readonly unknown[]) {
    super("AveragePooling3D", poolTwice);
  }
}
