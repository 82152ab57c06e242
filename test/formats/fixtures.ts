/**
 * @file Checkpoint files that TensorFlow 2.21 wrote with `tf.compat.v1.train.Saver`, as base64.
 *
 * Each comes from a graph with resource variables disabled, after `global_variables_initializer`:
 *
 *     get_variable("dense/kernel", [2, 3], initializer=constant_initializer([1, 2, 3, 4, 5, 6]))
 *     get_variable("dense/bias", [3], initializer=zeros_initializer())
 *     get_variable("global_step", [], dtype=tf.int64, initializer=zeros_initializer())
 *     get_variable("empty", [0, 4], initializer=zeros_initializer())
 *     Saver().save(session, "small")
 */

/** The bytes of a base64 text. */
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

export const small = {
  index: fromBase64(
    "AAAGCAEaAggBAAoPZGVuc2UvYmlhcwgBEgQSAggDKAw1mUE9DQYGFWtlcm5lbAgBEggSAggCEgIIAyAMKBg1euv1qwAFEWVtcHR5CAESBhIA" +
      "EgIIBCAkNdjqgqIACw1nbG9iYWxfc3RlcAgJEgAgJCgINSkDmAcAAAAAAQAAAAAbvtThAAAAAAEAAAAAwPKhsAABAmgAfwAAAAABAAAAAEQW" +
      "eSyEAQiRAQ4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAV/uAiyR1R9s=",
  ),
  data: fromBase64("AAAAAAAAAAAAAAAAAACAPwAAAEAAAEBAAACAQAAAoEAAAMBAAAAAAAAAAAA="),
};

/**
 * What the library cannot hold: `half` float16 [2]; `part/w` float32 [4, 2] under
 * `fixed_size_partitioner(2)`; `s` a string; `big` int64 [1, 2^40].
 */
export const odd = {
  index: fromBase64(
    "AAAGCAEaAggBAA8VAHBhcnQvdwABAQKAgoCCCAESCBICCAISAggCIBQoEDUjN8u7CwQVgoKAgggBEggSAggCEgIIAiAkKBA1IzfLuwADD2JpZwgJ" +
      "EgQSAggCKBA1UhVXrQAEEWhhbGYIExIEEgIIAiAQKAQ1pnsROgAGInBhcnQvdwgBEggSAggEEgIIAjoICgIQAgoCEAI6CgoECAIQAgoCEAIAAQ1z" +
      "CAcSACA0KAc1CetNFQAAAAABAAAAAKXk9MIAAAAAAQAAAADA8qGwAAEDdAC9AQAAAAABAAAAABoDol/CAQjPAQ8AAAAAAAAAAAAAAAAAAAAAAAAA" +
      "AAAAAAAAAAAAAAAAAAAAV/uAiyR1R9s=",
  ),
  data: fromBase64("AQAAAAAAAAAAAAAAAAEAAAAAAAAAAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwLY2BBzaGk="),
};

/** `Saver(sharded=True)`: `a` float32 [2] of ones on device CPU:0, `b` float32 [3] of zeros on CPU:1. */
export const sharded = {
  index: fromBase64(
    "AAAGCAIaAggBAAEPYQgBEgQSAggCKAg16ONGWQABEWIIARIEEgIIAxgBKAw1mUE9DQAAAAABAAAAAOeEm18AAAAAAQAAAADA8qGwAAECYwA5" +
      "AAAAAAEAAAAAoXVr/z4ISw4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX+4CLJHVH2w==",
  ),
  data: [fromBase64("AACAPwAAgD8="), fromBase64("AAAAAAAAAAAAAAAA")],
};
