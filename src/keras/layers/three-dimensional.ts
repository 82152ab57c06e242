/**
 * @file Layers over volumes, which do not exist: each name says so and what to do instead. Imports `core` and
 * the base of layers.
 */
import { UnimplementedError } from "../../core/index.js";
import { Layer } from "../engine/layer.js";

/** Base of the classes below. @throws UnimplementedError always */
abstract class Volumes extends Layer {
  constructor(hint: string) {
    super();
    throw new UnimplementedError(
      `keras.layers.${this.className} is not implemented: there are no operations over three spatial axes.`,
      { hint },
    );
  }
}

const foldDepth = "fold one axis into the batch or the channels with Reshape, and use the layer of two dimensions";
const eachPicture = "apply the layer of two dimensions to each picture: new keras.layers.TimeDistributed(layer)";
const poolTwice =
  "pool the pictures with TimeDistributed, then the depth with height and width folded into the channels";
const merge = "merge two of the axes with Reshape, and use the layer of two dimensions";

/** Volumes cannot be convolved. `keras.layers.Conv3D`. @throws UnimplementedError always */
export class Conv3D extends Volumes {
  static override readonly className: string = "Conv3D";
  constructor(..._arguments: readonly unknown[]) {
    super(foldDepth);
  }
}

/** Volumes cannot be convolved. `keras.layers.Conv3DTranspose`. @throws UnimplementedError always */
export class Conv3DTranspose extends Volumes {
  static override readonly className: string = "Conv3DTranspose";
  constructor(..._arguments: readonly unknown[]) {
    super(foldDepth);
  }
}

/** Volumes cannot be pooled. `keras.layers.MaxPooling3D`. @throws UnimplementedError always */
export class MaxPooling3D extends Volumes {
  static override readonly className: string = "MaxPooling3D";
  constructor(..._arguments: readonly unknown[]) {
    super(poolTwice);
  }
}

/** Volumes cannot be pooled. `keras.layers.AveragePooling3D`. @throws UnimplementedError always */
export class AveragePooling3D extends Volumes {
  static override readonly className: string = "AveragePooling3D";
  constructor(..._arguments: readonly unknown[]) {
    super(poolTwice);
  }
}

/** Volumes cannot be pooled. `keras.layers.GlobalMaxPooling3D`. @throws UnimplementedError always */
export class GlobalMaxPooling3D extends Volumes {
  static override readonly className: string = "GlobalMaxPooling3D";
  constructor(..._arguments: readonly unknown[]) {
    super(merge);
  }
}

/** Volumes cannot be pooled. `keras.layers.GlobalAveragePooling3D`. @throws UnimplementedError always */
export class GlobalAveragePooling3D extends Volumes {
  static override readonly className: string = "GlobalAveragePooling3D";
  constructor(..._arguments: readonly unknown[]) {
    super(merge);
  }
}

/** Volumes cannot be resized. `keras.layers.UpSampling3D`. @throws UnimplementedError always */
export class UpSampling3D extends Volumes {
  static override readonly className: string = "UpSampling3D";
  constructor(..._arguments: readonly unknown[]) {
    super(eachPicture);
  }
}

/** Volumes cannot be resized. `keras.layers.ZeroPadding3D`. @throws UnimplementedError always */
export class ZeroPadding3D extends Volumes {
  static override readonly className: string = "ZeroPadding3D";
  constructor(..._arguments: readonly unknown[]) {
    super(eachPicture);
  }
}

/** Volumes cannot be resized. `keras.layers.Cropping3D`. @throws UnimplementedError always */
export class Cropping3D extends Volumes {
  static override readonly className: string = "Cropping3D";
  constructor(..._arguments: readonly unknown[]) {
    super(eachPicture);
  }
}

/** No dropout of channels of volumes. `keras.layers.SpatialDropout3D`. @throws UnimplementedError always */
export class SpatialDropout3D extends Volumes {
  static override readonly className: string = "SpatialDropout3D";
  constructor(..._arguments: readonly unknown[]) {
    super(merge);
  }
}
