/**
 * @file Layers over volumes, which do not exist: each name says so and what to do instead. May import `core`.
 */
import { callSiteOf, captureCallSite, UnimplementedError } from "../core/index.js";

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
