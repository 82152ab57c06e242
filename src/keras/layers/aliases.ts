/** @file Keras's short and former names of layers: the same classes. */
export {
  Conv1D as Convolution1D,
  Conv2D as Convolution2D,
  Conv2DTranspose as Convolution2DTranspose,
  SeparableConv2D as SeparableConvolution2D,
} from "./convolution.js";
export {
  AveragePooling1D as AvgPool1D,
  AveragePooling2D as AvgPool2D,
  GlobalAveragePooling1D as GlobalAvgPool1D,
  GlobalAveragePooling2D as GlobalAvgPool2D,
  GlobalMaxPooling1D as GlobalMaxPool1D,
  GlobalMaxPooling2D as GlobalMaxPool2D,
  MaxPooling1D as MaxPool1D,
  MaxPooling2D as MaxPool2D,
} from "./pooling.js";
