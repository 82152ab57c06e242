/** @file What `binary.ts` is held against by the generic tests: oracles and samples of its operations. */
import { binaryReference, type References } from "./reference.js";

const extremes = [0, -0, 1, -1, 2.5, -2.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN] as const;

export const references: References = {
  Add: binaryReference({
    summary: "Sum, elementwise.",
    oracle: (a, b) => a + b,
    samples: { special: extremes },
    numeric: true,
  }),
  Sub: binaryReference({
    summary: "Difference, elementwise.",
    oracle: (a, b) => a - b,
    samples: { special: extremes },
    numeric: true,
  }),
  Mul: binaryReference({
    summary: "Product, elementwise.",
    oracle: (a, b) => a * b,
    samples: { special: extremes },
    numeric: true,
  }),
  Div: binaryReference({
    summary: "Quotient, elementwise; integers truncate toward zero.",
    oracle: (a, b) => a / b,
    samples: { low: 0.5, high: 3, special: extremes },
    numeric: true,
  }),
  FloorDiv: binaryReference({
    summary: "Quotient rounded down, elementwise.",
    oracle: (a, b) => Math.floor(a / b),
    samples: { dtype: "int32", low: 1, high: 40, special: [-7, -2, -1, 1, 2, 7] },
    numeric: true,
  }),
  FloorMod: binaryReference({
    summary: "Remainder with the divisor's sign, elementwise.",
    oracle: (a, b) => ((a % b) + b) % b,
    samples: { dtype: "int32", low: 1, high: 40, special: [-7, -2, -1, 1, 2, 7] },
    numeric: true,
  }),
  Pow: binaryReference({
    summary: "First operand to the power of the second, elementwise.",
    oracle: (a, b) => (a === 1 ? 1 : a ** b),
    samples: { low: 0.3, high: 2.5, special: [0, 1, -1, 2, -2, 3, 0.5] },
    numeric: true,
  }),
  Maximum: binaryReference({
    summary: "The larger of both, elementwise.",
    oracle: Math.max,
    samples: { special: extremes },
    numeric: true,
  }),
  Minimum: binaryReference({
    summary: "The smaller of both, elementwise.",
    oracle: Math.min,
    samples: { special: extremes },
    numeric: true,
  }),
  SquaredDifference: binaryReference({
    summary: "Square of the difference, elementwise.",
    oracle: (a, b) => (a - b) ** 2,
    numeric: true,
  }),
  Equal: binaryReference({
    summary: "Equality, elementwise.",
    oracle: (a, b) => Number(a === b),
    samples: { special: extremes },
    out: "bool",
  }),
  NotEqual: binaryReference({
    summary: "Inequality, elementwise.",
    oracle: (a, b) => Number(a !== b),
    samples: { special: extremes },
    out: "bool",
  }),
  Less: binaryReference({
    summary: "Less than, elementwise.",
    oracle: (a, b) => Number(a < b),
    samples: { special: extremes },
    numeric: true,
    out: "bool",
  }),
  LessEqual: binaryReference({
    summary: "Less than or equal, elementwise.",
    oracle: (a, b) => Number(a <= b),
    samples: { special: extremes },
    numeric: true,
    out: "bool",
  }),
  Greater: binaryReference({
    summary: "Greater than, elementwise.",
    oracle: (a, b) => Number(a > b),
    samples: { special: extremes },
    numeric: true,
    out: "bool",
  }),
  GreaterEqual: binaryReference({
    summary: "Greater than or equal, elementwise.",
    oracle: (a, b) => Number(a >= b),
    samples: { special: extremes },
    numeric: true,
    out: "bool",
  }),
  LogicalAnd: binaryReference({
    summary: "Conjunction, elementwise.",
    oracle: (a, b) => Number(a !== 0 && b !== 0),
    samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
    out: "bool",
  }),
  LogicalOr: binaryReference({
    summary: "Disjunction, elementwise.",
    oracle: (a, b) => Number(a !== 0 || b !== 0),
    samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
    out: "bool",
  }),
  LogicalXor: binaryReference({
    summary: "Exclusive disjunction, elementwise.",
    oracle: (a, b) => Number((a !== 0) !== (b !== 0)),
    samples: { dtype: "bool", low: -1, high: 1, special: [0, 1] },
    out: "bool",
  }),
};
