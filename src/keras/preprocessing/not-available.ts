/** @file Preprocessing of Keras 2 that this version does not have: the name says what to use in its place. */
import { UnimplementedError } from "../../core/index.js";

/** `keras.preprocessing.image.ImageDataGenerator` of Keras 2. @throws UnimplementedError always */
export class ImageDataGenerator {
  constructor(..._arguments: readonly unknown[]) {
    throw new UnimplementedError("ImageDataGenerator is not available: no layer or generator here changes pictures", {
      hint: "pass model.fit a generator of batches that you change yourself, or use ImageAugmentation of tensorstrata/tflearn",
    });
  }
}
