/**
 * @file Augmentation: random changes of training batches, drawn anew every time, before the
 * preprocessing. Follows `data_augmentation.py` of TFLearn.
 */
import { ArgumentError, bracketed, type NdArray, ShapeError } from "../../core/index.js";
import { Random } from "../../core/random.js";
import { blur, crop, flipLeftRight, flipUpDown, type Picture, rotate, rotate90 } from "./images.js";
import { sampleShape, samplesOf, stackSamples } from "./rows.js";

/** A random change of one picture. */
type PictureChange = (picture: Picture, random: Random) => Picture;

/** A list of random changes for `inputData({ dataAugmentation })`. `tflearn.DataAugmentation`. */
export class DataAugmentation {
  private readonly steps: ((batch: NdArray, random: Random) => NdArray)[] = [];
  private readonly own = new Random();

  /** Every change in the order of adding. @param random what to draw from; `fit` passes its own */
  apply(batch: NdArray, random: Random = this.own): NdArray {
    return this.steps.reduce((changed, step) => step(changed, random), batch);
  }

  /** Any function of a batch, and of a stream of random numbers. */
  addCustomAugmentation(func: (batch: NdArray, random: Random) => NdArray): this {
    this.steps.push(func);
    return this;
  }
}

/**
 * {@link DataAugmentation} of pictures. Flips, rotation and blur happen to every second picture on
 * average, crops and quarter turns to all. `tflearn.ImageAugmentation`.
 */
export class ImageAugmentation extends DataAugmentation {
  /**
   * A part of `[height, width]` at a random place.
   * @param padding zeros around the picture before, in pixels. Default none
   * @throws ShapeError for a shape larger than the padded picture
   */
  addRandomCrop(cropShape: readonly [height: number, width: number], padding: number | null = null): this {
    const [height, width] = cropShape;
    const border = padding ?? 0;
    return this.addChange((picture, random) => {
      const [down, across] = [picture.height + 2 * border - height, picture.width + 2 * border - width];
      if (down < 0 || across < 0)
        throw new ShapeError(
          `Cannot crop ${height}×${width} from pictures of ${picture.height}×${picture.width} with a padding of ${border}`,
        );
      return crop(picture, random.integer(down + 1) - border, random.integer(across + 1) - border, height, width);
    });
  }

  /** Left and right exchanged. */
  addRandomFlipLeftright(): this {
    return this.addChange(sometimes(flipLeftRight));
  }

  /** Top and bottom exchanged. */
  addRandomFlipUpdown(): this {
    return this.addChange(sometimes(flipUpDown));
  }

  /**
   * A random number of quarter turns counterclockwise.
   * @param rotations the numbers to choose from
   */
  addRandom90degreesRotation(rotations: readonly number[] = [0, 1, 2, 3]): this {
    if (rotations.length === 0) throw new ArgumentError("addRandom90degreesRotation needs a rotation to choose");
    return this.addChange((picture, random) => {
      const turns = rotations[random.integer(rotations.length)] as number;
      if (turns % 2 !== 0 && picture.height !== picture.width)
        throw new ShapeError(`A quarter turn of ${picture.height}×${picture.width} pictures changes their shape`, {
          hint: "use rotations [0, 2] for pictures that are not square",
        });
      return rotate90(picture, turns);
    });
  }

  /** Turned by an angle between ±`maxAngle` degrees. */
  addRandomRotation(maxAngle = 20): this {
    return this.addChange(sometimes((picture, random) => rotate(picture, (2 * random.uniform() - 1) * maxAngle)));
  }

  /** A Gaussian blur of standard deviation up to `sigmaMax`. */
  addRandomBlur(sigmaMax = 5): this {
    return this.addChange(sometimes((picture, random) => blur(picture, random.uniform() * sigmaMax)));
  }

  private addChange(change: PictureChange): this {
    return this.addCustomAugmentation((batch, random) => changePictures(batch, random, change));
  }
}

const sometimes =
  (change: PictureChange): PictureChange =>
  (picture, random) =>
    random.integer(2) === 1 ? change(picture, random) : picture;

function changePictures(batch: NdArray, random: Random, change: PictureChange): NdArray {
  const [height, width, channels = 1, ...more] = sampleShape(batch);
  if (height === undefined || width === undefined || more.length > 0)
    throw new ShapeError(`Pictures are [batch, height, width, channels], got ${bracketed(batch.shape)}`, {
      hint: "tflearn.dataUtils and NdArray.reshape() bring rows of pixels into that shape before fit()",
    });
  const changed = samplesOf(batch).map((data) => change({ data, height, width, channels }, random));
  const [first] = changed;
  const shape = first === undefined ? [height, width] : [first.height, first.width];
  return stackSamples(
    changed.map(({ data }) => data),
    [...shape, ...sampleShape(batch).slice(2)],
  );
}
