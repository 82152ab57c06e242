/**
 * @file What every C translation begins with: types, and scalar functions written without branches so that
 * the compiler can put them into vectors. Accuracy of `exp`: 2 ulp; `tanh`, `sigmoid`, `log`: 4 ulp.
 */
export const prelude = `#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define VL 16
#define TILE_ROWS 6
#define TILE_VECTORS 4
#elif defined(__AVX2__) || defined(__AVX__)
#define VL 8
#define TILE_ROWS 4
#define TILE_VECTORS 3
#else
#define VL 4
#define TILE_ROWS 4
#define TILE_VECTORS 4
#endif
typedef float vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef float f32 __attribute__((may_alias));
typedef double f64 __attribute__((may_alias));
typedef int32_t i32 __attribute__((may_alias));
typedef uint8_t u8;
#define INLINE static inline __attribute__((always_inline))

INLINE float bits_to_float(int32_t i) { float f; memcpy(&f, &i, 4); return f; }
INLINE int32_t float_to_bits(float f) { int32_t i; memcpy(&i, &f, 4); return i; }

/* 2^n in two factors, so that results near the ends of the range are right too. */
INLINE float exp_f32(float x) {
  float clamped = x < -104.0f ? -104.0f : (x > 89.0f ? 89.0f : x);
  float n = __builtin_rintf(clamped * 1.44269504f);
  float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t k = (int32_t)n;
  int32_t half = k >> 1;
  float y = p * bits_to_float((half + 127) << 23) * bits_to_float((k - half + 127) << 23);
  return x != x ? x : y;
}
INLINE float sigmoid_f32(float x) { return 1.0f / (1.0f + exp_f32(-x)); }
INLINE float tanh_f32(float x) {
  float a = x < 0 ? -x : x;
  float s = x * x;
  float q = -5.70498872745e-3f;
  q = q * s + 2.06390887954e-2f;
  q = q * s - 5.37397155531e-2f;
  q = q * s + 1.33314422036e-1f;
  q = q * s - 3.33332819422e-1f;
  float small = q * s * x + x;
  float large = 1.0f - 2.0f / (exp_f32(2.0f * a) + 1.0f);
  float signed_large = x < 0 ? -large : large;
  return x != x ? x : (a < 0.625f ? small : signed_large);
}
INLINE float log_f32(float x) {
  float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;
  float shift = x < 1.17549435e-38f ? -23.0f : 0.0f;
  int32_t i = float_to_bits(scaled);
  int32_t e = ((i >> 23) & 255) - 126;
  float m = bits_to_float((i & 0x007fffff) | 0x3f000000);
  int32_t low = m < 0.707106781f;
  float fe = (float)(e - low) + shift;
  float r = (low ? m + m : m) - 1.0f;
  float z = r * r;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float y = r * z * p + fe * -2.12194440e-4f - 0.5f * z + r + fe * 0.693359375f;
  y = x == INFINITY ? x : y;
  y = x == 0 ? -INFINITY : y;
  return x < 0 || x != x ? NAN : y;
}
INLINE double sigmoid_f64(double x) { return 1.0 / (1.0 + exp(-x)); }
#define SIGN(x) ((x) > 0 ? 1 : ((x) < 0 ? -1 : (x)))
/* NaN on either side wins; of two zeros the positive one is the larger. */
#define MAX(a, b) ((a) != (a) ? (a) : ((a) > (b) ? (a) : (b)))
#define MIN(a, b) ((a) != (a) ? (a) : ((a) < (b) ? (a) : (b)))
INLINE double pow_c(double a, double b) { return pow(a, b); }
INLINE int32_t wrap_neg(int32_t a) { return (int32_t)(0u - (uint32_t)a); }
INLINE int32_t wrap_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t wrap_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
INLINE int32_t wrap_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
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
