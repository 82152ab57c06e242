/** @file `tensorstrata/datasets`: MNIST, Fashion-MNIST and data in their format. */
export { type Batch, type BatchOptions, DataSet, type DataSetOptions, type EpochOptions } from "./dataset.js";
export { type FindOptions, type FoundData, findData } from "./find.js";
export { parseImages, parseLabels } from "./idx.js";
export { type DataSetName, published } from "./mirrors.js";
export {
  type DataSets,
  denseToOneHot,
  type ImageDType,
  type LabelDType,
  type ReadOptions,
  readDataSets,
} from "./read.js";
