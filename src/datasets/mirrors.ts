/**
 * @file Where MNIST and Fashion-MNIST are published, and what each file must weigh and sum to.
 * Plain data; imports nothing.
 */

/** A data set in MNIST's format that can be downloaded. */
export type DataSetName = "mnist" | "fashion";

/** Which data set a directory is meant for: Fashion-MNIST where its own name says `fashion`, else MNIST. */
export const dataSetNameOf = (directory: string): DataSetName =>
  /fashion[^\\/]*[\\/]*$/i.test(directory) ? "fashion" : "mnist";

/** The four files, in the order they are read. */
export type FileRole = "trainImages" | "trainLabels" | "testImages" | "testLabels";

/** The published name of each file; both data sets use the same. */
export const fileNames: Readonly<Record<FileRole, string>> = {
  trainImages: "train-images-idx3-ubyte.gz",
  trainLabels: "train-labels-idx1-ubyte.gz",
  testImages: "t10k-images-idx3-ubyte.gz",
  testLabels: "t10k-labels-idx1-ubyte.gz",
};

/** What is known of a published file. */
export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

export interface PublishedDataSet {
  readonly title: string;
  /** Name of its directory under the cache and under `data/`. */
  readonly directory: string;
  /** Addresses of directories that hold the four files, tried in order; each ends in a slash. */
  readonly mirrors: readonly string[];
  readonly files: Readonly<Record<FileRole, Fingerprint>>;
}

/** The data sets that can be downloaded, with the sizes and SHA-256 sums of their files. */
export const published: Readonly<Record<DataSetName, PublishedDataSet>> = {
  mnist: {
    title: "MNIST",
    directory: "mnist",
    mirrors: ["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
    files: {
      trainImages: {
        bytes: 9912422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
      trainLabels: {
        bytes: 28881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
      testImages: {
        bytes: 1648877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      testLabels: {
        bytes: 4542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    },
  },
  fashion: {
    title: "Fashion-MNIST",
    directory: "fashion-mnist",
    mirrors: [
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    files: {
      trainImages: {
        bytes: 26421880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      },
      trainLabels: {
        bytes: 29515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      },
      testImages: {
        bytes: 4422102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      },
      testLabels: {
        bytes: 5148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
    },
  },
};
