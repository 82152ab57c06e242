/** @file `keras.backend`: the session behind the models, its defaults, and Keras 2's functions of tensors. */
export * from "./backend-functions.js";
export {
  clearSession,
  getSession,
  getValue,
  initializeVariables,
  setDevice,
  setSession,
  setValue,
  setValues,
} from "./engine/session.js";

/** Element type of weights where a layer says none. */
export const floatx = (): "float32" => "float32";
/** The fuzz that keeps logarithms and quotients finite. */
export const epsilon = (): number => 1e-7;
/** Where the channels of pictures are. */
export const imageDataFormat = (): "channels_last" => "channels_last";
