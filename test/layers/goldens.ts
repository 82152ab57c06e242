/**
 * @file What TensorFlow 2.21's own `tf.layers` (its `legacy_tf_layers`) gives for the networks of
 * `goldens.test.ts`: sums, sums of squares and single elements of outputs and gradients. Batch normalization
 * from `tf.nn.moments` and `tf.nn.batch_normalization` there.
 */

/** Sum, sum of squares, first and last element. */
export type OutputDigest = readonly [number, number, number, number];
/** Sum, sum of squares, second element (of the first and only one the first). */
export type GradientDigest = readonly [number, number, number];

export interface Golden {
  /** Name of the output's operation. */
  readonly name: string;
  /** Static shape with an unknown batch. */
  readonly static: readonly (number | null)[];
  readonly output: OutputDigest;
  /** Of half the sum of the squared outputs, by the inputs and then each variable. */
  readonly gradients: readonly GradientDigest[];
  /** Names and shapes. */
  readonly variables: readonly (readonly [string, readonly number[]])[];
}

export const goldens = {
  dense: {
    name: "dense/Sigmoid",
    static: [null, 3],
    output: [6.03032255, 3.18191099, 0.442972124, 0.556294441],
    gradients: [
      [-0.0675617754, 0.0313852504, -0.0209267437],
      [0.0107832011, 0.0942883268, 0.089828074],
      [1.43486929, 0.717985213, 0.517938137],
    ],
    variables: [
      ["dense/kernel:0", [5, 3]],
      ["dense/bias:0", [3]],
    ],
  },
  dense3: {
    name: "dense/BiasAdd",
    static: [null, 3, 4],
    output: [-1.45174837, 2.86769867, -0.264772743, -0.237849623],
    gradients: [
      [7.53647518, 2.24417138, 0.00971391797],
      [-0.030123651, 2.34270453, -0.12932156],
      [-1.45174813, 15.3884497, -0.148426577],
    ],
    variables: [
      ["dense/kernel:0", [5, 4]],
      ["dense/bias:0", [4]],
    ],
  },
  nobias: {
    name: "dense/MatMul",
    static: [null, 3],
    output: [0.0486014783, 0.386936188, 0.220891595, -0.232954532],
    gradients: [
      [0.0656309724, 0.192726374, 0.014372617],
      [-0.285805523, 0.24670431, -0.0426223688],
    ],
    variables: [["dense/kernel:0", [5, 3]]],
  },
  conv1d: {
    name: "conv1d/Tanh",
    static: [null, 5, 4],
    output: [-0.877383351, 4.84538126, -0.239026412, 0.264828175],
    gradients: [
      [2.98243904, 2.15511799, 0.00256773015],
      [-0.334657639, 3.05710554, -0.318451345],
      [-1.09740829, 20.7303867, -0.428881943],
    ],
    variables: [
      ["conv1d/kernel:0", [3, 3, 4]],
      ["conv1d/bias:0", [4]],
    ],
  },
  conv1dDilated: {
    name: "conv1d/BiasAdd",
    static: [null, 5, 2],
    output: [-3.52971983, 4.13465834, -0.752674818, 0.301520944],
    gradients: [
      [1.73139679, 2.894876, 0.0391682982],
      [0.420671225, 6.58213663, -0.89049685],
      [-3.52972007, 17.3864918, 0.597027957],
    ],
    variables: [
      ["conv1d/kernel:0", [3, 3, 2]],
      ["conv1d/bias:0", [2]],
    ],
  },
  conv2d: {
    name: "conv2d/Relu",
    static: [null, 4, 6, 4],
    output: [31.6371498, 16.0981941, 0, 0],
    gradients: [
      [7.86557531, 20.9595146, -0.124824241],
      [4.13988781, 24.3970337, 0.2281124],
      [31.6371498, 579.298767, 5.02402067],
    ],
    variables: [
      ["conv2d/kernel:0", [3, 2, 3, 4]],
      ["conv2d/bias:0", [4]],
    ],
  },
  conv2dValid: {
    name: "conv2d/BiasAdd",
    static: [null, 5, 4, 2],
    output: [-18.7762222, 28.475914, 0.451066434, 0.504562914],
    gradients: [
      [13.6587725, 78.5385132, -0.297441006],
      [-2.1326828, 436.261353, 0.762907326],
      [-18.7762222, 369.47879, 0.440559387],
    ],
    variables: [
      ["conv2d/kernel:0", [3, 3, 3, 2]],
      ["conv2d/bias:0", [2]],
    ],
  },
  conv2dDilated: {
    name: "conv2d/BiasAdd",
    static: [null, 5, 3, 2],
    output: [-11.5132856, 18.6141853, -0.594825149, -0.0787413046],
    gradients: [
      [4.85715771, 25.3852272, 0.111580752],
      [-2.46073484, 114.043488, -1.75184083],
      [-11.5132847, 155.524506, 0.92342639],
    ],
    variables: [
      ["conv2d/kernel:0", [2, 2, 3, 2]],
      ["conv2d/bias:0", [2]],
    ],
  },
  separable: {
    name: "separable_conv2d/BiasAdd",
    static: [null, 3, 3, 4],
    output: [0.538361549, 11.1069689, -0.89392221, 0.44539988],
    gradients: [
      [0.494846791, 6.14837408, 0.0391165242],
      [-0.389755577, 5.5396204, 0.329718709],
      [0.55891943, 5.61232281, -0.171261683],
      [0.538362026, 160.333649, 3.47984934],
    ],
    variables: [
      ["separable_conv2d/depthwise_kernel:0", [3, 3, 3, 2]],
      ["separable_conv2d/pointwise_kernel:0", [1, 1, 6, 4]],
      ["separable_conv2d/bias:0", [4]],
    ],
  },
  transpose: {
    name: "conv2d_transpose/BiasAdd",
    static: [null, 9, 7, 2],
    output: [-56.1753845, 35.0129929, -0.205437064, -0.0823601335],
    gradients: [
      [1.50626731, 21.6221066, -0.0969462693],
      [-3.49507332, 29.004591, -0.670191526],
      [-56.1753845, 3181.12109, 0.22559388],
    ],
    variables: [
      ["conv2d_transpose/kernel:0", [3, 3, 2, 3]],
      ["conv2d_transpose/bias:0", [2]],
    ],
  },
  transposeSame: {
    name: "conv2d_transpose/BiasAdd",
    static: [null, 12, 6, 2],
    output: [-64.3415375, 34.4224091, -0.205437064, 0.0045454544],
    gradients: [
      [-2.85848331, 8.12813568, -0.231662095],
      [-2.76755834, 13.8845358, -0.42190817],
      [-64.3415604, 4140.35889, 0.00405573798],
    ],
    variables: [
      ["conv2d_transpose/kernel:0", [2, 3, 2, 3]],
      ["conv2d_transpose/bias:0", [2]],
    ],
  },
  transposeDynamic: {
    name: "conv2d_transpose/BiasAdd",
    static: [null, null, null, 2],
    output: [-56.1753845, 35.0129929, -0.205437064, -0.0823601335],
    gradients: [
      [1.50626731, 21.6221066, -0.0969462693],
      [-3.49507332, 29.004591, -0.670191526],
      [-56.1753845, 3181.12109, 0.22559388],
    ],
    variables: [
      ["conv2d_transpose/kernel:0", [3, 3, 2, 3]],
      ["conv2d_transpose/bias:0", [2]],
    ],
  },
  max2d: {
    name: "max_pooling2d/MaxPool",
    static: [null, 3, 2, 3],
    output: [10.8769236, 4.62491035, 0.47307691, 0.0884615406],
    gradients: [[10.8769226, 5.96772146, 0]],
    variables: [],
  },
  max2dSame: {
    name: "max_pooling2d/MaxPool",
    static: [null, 4, 3, 3],
    output: [20.907692, 9.14153862, 0.47307691, 0.16538462],
    gradients: [[20.907692, 17.1984024, 0]],
    variables: [],
  },
  avg2dSame: {
    name: "average_pooling2d/AvgPool",
    static: [null, 4, 3, 3],
    output: [0.538034201, 2.13207173, -0.167948723, 0.0500000007],
    gradients: [[0.538034201, 0.478648245, 0.00833333377]],
    variables: [],
  },
  max1d: {
    name: "max_pooling1d/Squeeze",
    static: [null, 4, 3],
    output: [2.66153836, 2.11147928, -0.296153843, -0.219230771],
    gradients: [[2.6615386, 2.11147928, 0]],
    variables: [],
  },
  avg1d: {
    name: "average_pooling1d/Squeeze",
    static: [null, 5, 3],
    output: [0.602564156, 1.1114893, -0.373076916, -0.142307699],
    gradients: [[0.602563977, 0.44530794, 0.00576923043]],
    variables: [],
  },
  avg1dFirst: {
    name: "transpose_1",
    static: [null, 9, 3],
    output: [1.00769222, 1.42139041, -0.257692307, 0.165384606],
    gradients: [[1.00769234, 0.744600534, -0.0653846189]],
    variables: [],
  },
  flatten: {
    name: "flatten/Reshape",
    static: [null, 12],
    output: [0.353846133, 2.08189344, -0.449999988, 0.396153837],
    gradients: [[0.353846133, 2.08189344, -0.0653846189]],
    variables: [],
  },
} as const satisfies Record<string, Golden>;

/** Of batch normalization: gradients by inputs, gamma and beta; moving averages after a step with momentum 0.9. */
export const batchGoldens = {
  batch: {
    output: [0.0545452833, 2.59440923, 0.143786669, 0.386902928],
    gradients: [
      [-7.7765435e-8, 0.00567884324, -0.00775214611],
      [-2.04825091, 3.64556241, -0.685907245],
      [0.0545452833, 6.61256313, 0.0181818455],
    ],
    moving: [
      [-0.426923037, 0.184265733, -0.154545456],
      [0.137958616, 0.874322236, 0.720301211],
    ],
  },
  batch4: {
    output: [0.327273428, 15.680583, 0.236240804, 0.412105381],
    gradients: [
      [-7.1618706e-7, 0.00182801206, -0.000482828356],
      [-12.6049128, 136.594925, -4.20247269],
      [0.327277184, 238.052246, 0.109090954],
    ],
    moving: [
      [-0.406410217, 0.171445221, -0.159032628],
      [0.143070385, 0.87943399, 0.716598868],
    ],
  },
  batchAxis1: {
    output: [-26.727272, 26.0202827, 0.281110466, -0.192122698],
    gradients: [
      [7.85756856e-6, 0.00415278506, -0.00248253345],
      [-37.1897507, 822.27124, -10.5099392],
      [-26.7272644, 729.073975, 0.272727191],
    ],
    moving: [
      [-0.402820498, 0.167470872],
      [0.143332705, 0.879677057],
    ],
  },
  moving: {
    output: [-0.901509643, 3.16161633, -0.449999988, 0.454577297],
    gradients: [
      [3.52444577, 2.98340034, -0.00898140762],
      [-1.52244544, 4.53907585, -0.0223555807],
      [-0.901509762, 11.9730139, 0.0332925171],
    ],
    moving: [
      [-0.449999958, 0.186363637, -0.177272722],
      [0.150000036, 0.968181849, 0.786363602],
    ],
  },
} as const;
