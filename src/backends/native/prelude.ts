/**
 * @file What every C translation begins with: types, the float32 functions, and integer functions that wrap and
 * divide as TensorFlow's do, all written so that the compiler can put them into vectors.
 */
import { mathFunctions } from "./c-math.js";

export const prelude = `#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float f32 __attribute__((may_alias));
typedef double f64 __attribute__((may_alias));
typedef int32_t i32 __attribute__((may_alias));
typedef uint8_t u8;
#define INLINE static inline __attribute__((always_inline))
/*
 * Kernels are compiled once, without regard to who calls them. A copy made for one thread's call, which does all
 * units, may round otherwise: compilers choose by the loop around them where a product and a sum become one operation.
 * And GCC 12 has been seen to drop the call of a kernel whose stores it had lost sight of.
 */
#if defined(__GNUC__) && !defined(__clang__)
#define ALONE __attribute__((noipa))
#else
#define ALONE __attribute__((noinline))
#endif

/* Signed integers of programs wrap; those that count and place elements never come near it, which compilers rely on. */
INLINE int32_t wrap_neg(int32_t a) { return (int32_t)(0u - (uint32_t)a); }
INLINE int32_t wrap_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t wrap_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
INLINE int32_t wrap_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }

${mathFunctions}
#define SIGN(x) ((x) > 0 ? 1 : ((x) < 0 ? -1 : (x)))
/* NaN on either side wins; of two zeros the positive one is the larger. */
#define MAX(a, b) ((a) != (a) ? (a) : ((a) > (b) ? (a) : (b)))
#define MIN(a, b) ((a) != (a) ? (a) : ((a) < (b) ? (a) : (b)))
INLINE int32_t div_i32(int32_t a, int32_t b) { return b == 0 ? 0 : (b == -1 ? wrap_neg(a) : a / b); }
INLINE int32_t mod_i32(int32_t a, int32_t b) { return b == 0 || b == -1 ? 0 : a % b; }
INLINE int32_t floor_div_i32(int32_t a, int32_t b) {
  int32_t q = div_i32(a, b);
  return b != 0 && mod_i32(a, b) != 0 && ((a < 0) != (b < 0)) ? q - 1 : q;
}
INLINE int32_t floor_mod_i32(int32_t a, int32_t b) {
  int32_t r = mod_i32(a, b);
  return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;
}
INLINE int32_t pow_i32(int32_t a, int32_t n) {
  if (n < 0) return a == 1 ? 1 : (a == -1 ? ((n & 1) ? -1 : 1) : 0);
  int32_t r = 1;
  for (; n > 0; n >>= 1, a = wrap_mul(a, a)) if (n & 1) r = wrap_mul(r, a);
  return r;
}
INLINE int32_t to_i32(double x) { return x != x ? 0 : (x >= 2147483647.0 ? 2147483647 : (x <= -2147483648.0 ? (int32_t)-2147483648LL : (int32_t)x)); }
`;
