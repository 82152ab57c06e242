/**
 * @file Names of the graph collections through which TFLearn's parts find each other: a `DNN` picks up
 * every input, target and training operation of its graph. The keys are the original's.
 */
import { getDefaultGraph } from "../graph/index.js";

/** The original's additions to `tf.GraphKeys`. */
export const Collections = {
  INPUTS: "inputs",
  TARGETS: "targets",
  TRAIN_OPS: "trainops",
  /** Prefix: the variables of a layer are under `layer_variables/<name>`. */
  LAYER_VARIABLES: "layer_variables",
  /** Prefix: the output of a layer is under `layer_tensor/<name>`. */
  LAYER_TENSOR: "layer_tensor",
  /** Variables, or parts of names, that `load` leaves alone. */
  EXCL_RESTORE_VARS: "restore_variables",
  DATA_PREP: "data_preprocessing",
  DATA_AUG: "data_augmentation",
  LR_VARIABLES: "lr_variables",
  GRAPH_CONFIG: "graph_config",
  ACTIVATIONS: "activations",
  IS_TRAINING: "is_training",
  IS_TRAINING_OPS: "is_training_ops",
} as const;

/** Records the output of a layer under its name. */
export const trackLayer = (name: string, output: unknown): void =>
  getDefaultGraph().addToCollection(`${Collections.LAYER_TENSOR}/${name}`, output);
