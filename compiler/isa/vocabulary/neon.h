/* NEON of AArch64: a row F16 is four registers, a mask M16 has all bits of its lanes. portable.h
 * says what the words mean. */
#ifndef NNGEN_ISA_VOCABULARY_NEON_H
#define NNGEN_ISA_VOCABULARY_NEON_H

#include <arm_neon.h>
#include <stdint.h>

/* Every AArch64 compiler may use the instructions anywhere. */
#define TARGET
#define FN static inline __attribute__((always_inline))

/* Registers. */

typedef float32x4_t V;
#define V_ZERO() vdupq_n_f32(0.0f)
#define V_LOAD(p) vld1q_f32(p)
#define V_STORE(p, v) vst1q_f32((p), (v))
#define V_SET(x) vdupq_n_f32(x)
#define V_FMA(a, b, c) vfmaq_f32((c), (a), (b))
typedef uint32x4_t VI;
typedef uint8x16x2_t VT;
FN VI V_BYTES(const uint8_t *p) {
    uint32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return vmovl_u16(vget_low_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)))));
}
#define V_ISET(i) vdupq_n_u32((uint32_t)(i))
#define V_IADD(a, i) vaddq_u32((a), V_ISET(i))
#define V_IPLUS(a, b) vaddq_u32((a), (b))
#define V_IAND(a, i) vandq_u32((a), V_ISET(i))
#define V_IS(a, i) vceqq_u32((a), V_ISET(i))
#define V_ISELECT(a, i, x, y) vbslq_u32(V_IS(a, i), V_ISET(x), (y))
#define V_KEEP(a, i, x) vreinterpretq_f32_u32(vandq_u32(V_IS(a, i), vreinterpretq_u32_f32(x)))
FN VT V_ROWS(const float *p, const float *q) {
    return (VT){{vreinterpretq_u8_f32(vld1q_f32(p)), vreinterpretq_u8_f32(vld1q_f32(q))}};
}
/* Number i of a float is bytes 4 i to 4 i + 3. */
FN V V_PICK(VT rows, VI at) {
    const VI bytes = vmlaq_n_u32(V_ISET(0x03020100), at, 0x04040404u);
    return vreinterpretq_f32_u8(vqtbl2q_u8(rows, vreinterpretq_u8_u32(bytes)));
}

/* Rows and masks. */

typedef struct F16 {
    float32x4_t v[4];
} F16;
typedef struct I16 {
    uint32x4_t v[4];
} I16;
typedef I16 M16;
#define ROW(v0, v1, v2, v3) ((F16){{(v0), (v1), (v2), (v3)}})
#define ONE(name, R, A, op)                                                                        \
    FN R name(A a) { return (R){{op(a.v[0]), op(a.v[1]), op(a.v[2]), op(a.v[3])}}; }
#define TWO(name, R, A, op)                                                                        \
    FN R name(A a, A b) {                                                                          \
        return (R){                                                                                \
            {op(a.v[0], b.v[0]), op(a.v[1], b.v[1]), op(a.v[2], b.v[2]), op(a.v[3], b.v[3])}};     \
    }
/* clang takes x < 0 ? 0 : x for the instruction that makes 0 of -0: a mask has no history. */
FN uint32x4_t V_GT(float32x4_t x, float32x4_t y) {
    uint32x4_t m = vcgtq_f32(x, y);
    __asm__("" : "+w"(m));
    return m;
}
/* The instructions for the larger and the smaller one know NaN and the sign of 0 in their own way.
 */
FN float32x4_t V_MAX(float32x4_t x, float32x4_t y) { return vbslq_f32(V_GT(x, y), x, y); }
FN float32x4_t V_MIN(float32x4_t x, float32x4_t y) { return vbslq_f32(V_GT(y, x), x, y); }
#define V_WINS(x, y) vornq_u32(V_GT(x, y), vceqq_f32((x), (x)))
#define V_NONZERO(x) vmvnq_u32(vceqzq_f32(x))
#define V_NUMBER(x) vcvtq_f32_s32(vreinterpretq_s32_u32(x))
#define V_IGT(x, y) vcgtq_s32(vreinterpretq_s32_u32(x), vreinterpretq_s32_u32(y))
FN F16 LOAD(const float *p) {
    return (F16){{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
}
FN void STORE(float *p, F16 a) {
    for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.v[i]);
}
FN F16 SET(float x) { return (F16){{V_SET(x), V_SET(x), V_SET(x), V_SET(x)}}; }
TWO(ADD, F16, F16, vaddq_f32)
TWO(SUB, F16, F16, vsubq_f32)
TWO(MUL, F16, F16, vmulq_f32)
TWO(DIV, F16, F16, vdivq_f32)
TWO(MAX, F16, F16, V_MAX)
TWO(MIN, F16, F16, V_MIN)
ONE(SQRT, F16, F16, vsqrtq_f32)
ONE(NEG, F16, F16, vnegq_f32)
ONE(ABS, F16, F16, vabsq_f32)
FN F16 FMA(F16 a, F16 b, F16 c) {
    for (int i = 0; i < 4; i++) c.v[i] = vfmaq_f32(c.v[i], a.v[i], b.v[i]);
    return c;
}
FN F16 ROUNDED(F16 a) {
    __asm__("" : "+w"(a.v[0]), "+w"(a.v[1]), "+w"(a.v[2]), "+w"(a.v[3]));
    return a;
}
TWO(GT, M16, F16, V_GT)
TWO(WINS, M16, F16, V_WINS)
ONE(NONZERO, M16, F16, V_NONZERO)
ONE(AS_INT, I16, F16, vreinterpretq_u32_f32)
ONE(AS_FLOAT, F16, I16, vreinterpretq_f32_u32)
ONE(TO_FLOAT, F16, I16, V_NUMBER)
FN I16 ISET(uint32_t x) { return (I16){{V_ISET(x), V_ISET(x), V_ISET(x), V_ISET(x)}}; }
FN I16 IOTA(void) { return (I16){{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}, {12, 13, 14, 15}}}; }
TWO(IADD, I16, I16, vaddq_u32)
TWO(ISUB, I16, I16, vsubq_u32)
TWO(IMUL, I16, I16, vmulq_u32)
TWO(IAND, I16, I16, vandq_u32)
TWO(IOR, I16, I16, vorrq_u32)
TWO(IXOR, I16, I16, veorq_u32)
TWO(IGT, M16, I16, V_IGT)
TWO(IEQ, M16, I16, vceqq_u32)
FN I16 ISHL(I16 a, unsigned by) {
    for (int i = 0; i < 4; i++) a.v[i] = a.v[i] << by;
    return a;
}
FN I16 ISHR(I16 a, unsigned by) {
    for (int i = 0; i < 4; i++) a.v[i] = a.v[i] >> by;
    return a;
}
FN F16 KEEP(M16 m, F16 a) { return AS_FLOAT(IAND(m, AS_INT(a))); }
FN F16 SELECT(M16 m, F16 a, F16 b) {
    for (int i = 0; i < 4; i++) b.v[i] = vbslq_f32(m.v[i], a.v[i], b.v[i]);
    return b;
}
FN I16 ISELECT(M16 m, I16 a, I16 b) {
    for (int i = 0; i < 4; i++) b.v[i] = vbslq_u32(m.v[i], a.v[i], b.v[i]);
    return b;
}
FN void STORE_BYTES(uint8_t *p, I16 a) {
    const uint16x8_t low = vcombine_u16(vmovn_u32(a.v[0]), vmovn_u32(a.v[1]));
    const uint16x8_t high = vcombine_u16(vmovn_u32(a.v[2]), vmovn_u32(a.v[3]));
    vst1q_u8(p, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
}
FN I16 LOAD_BYTES(const uint8_t *p) {
    return (I16){{V_BYTES(p), V_BYTES(p + 4), V_BYTES(p + 8), V_BYTES(p + 12)}};
}

/* The lanes of four that a mask of four bits has, moved to the front, as bytes. */
#define LANE(i) 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3
#define LANES4(a, b, c, d)                                                                         \
    { LANE(a), LANE(b), LANE(c), LANE(d) }
static const uint8_t FRONT[16][16] = {
    LANES4(0, 0, 0, 0), LANES4(0, 0, 0, 0), LANES4(1, 0, 0, 0), LANES4(0, 1, 0, 0),
    LANES4(2, 0, 0, 0), LANES4(0, 2, 0, 0), LANES4(1, 2, 0, 0), LANES4(0, 1, 2, 0),
    LANES4(3, 0, 0, 0), LANES4(0, 3, 0, 0), LANES4(1, 3, 0, 0), LANES4(0, 1, 3, 0),
    LANES4(2, 3, 0, 0), LANES4(0, 2, 3, 0), LANES4(1, 2, 3, 0), LANES4(0, 1, 2, 3)};

/* Lanes of the mask go to the front of two rows; returns their number. What follows them in the
 * rows is undefined. */
FN int COMPRESS(float *p, int32_t *q, M16 m, F16 a, I16 b) {
    const uint32x4_t bits = {1, 2, 4, 8};
    int n = 0;
    for (int i = 0; i < 4; i++) {
        const uint32_t mask = vaddvq_u32(vandq_u32(m.v[i], bits));
        const uint8x16_t from = vld1q_u8(FRONT[mask]);
        const uint8x16_t x = vqtbl1q_u8(vreinterpretq_u8_f32(a.v[i]), from);
        const uint8x16_t y = vqtbl1q_u8(vreinterpretq_u8_u32(b.v[i]), from);
        vst1q_f32(p + n, vreinterpretq_f32_u8(x));
        vst1q_s32(q + n, vreinterpretq_s32_u8(y));
        n -= vaddvq_s32(vreinterpretq_s32_u32(m.v[i]));
    }
    return n;
}

FN void TRANSPOSE4(const float *from, int step, float *to, int stride) {
    float32x4_t a[4], b[4];
    for (int i = 0; i < 4; i++) a[i] = vld1q_f32(from + i * step);
    for (int i = 0; i < 4; i += 2) {
        b[i] = vtrn1q_f32(a[i], a[i + 1]);
        b[i + 1] = vtrn2q_f32(a[i], a[i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        const float64x2_t x = vreinterpretq_f64_f32(b[i]), y = vreinterpretq_f64_f32(b[i + 2]);
        vst1q_f32(to + i * stride, vreinterpretq_f32_f64(vtrn1q_f64(x, y)));
        vst1q_f32(to + (i + 2) * stride, vreinterpretq_f32_f64(vtrn2q_f64(x, y)));
    }
}

/* 16 rows of 16 floats, `step` apart, become the columns of 16 rows, `stride` apart. */
FN void TRANSPOSE(const float *from, int step, float *to, int stride) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            TRANSPOSE4(from + 4 * (i * step + j), step, to + 4 * (j * stride + i), stride);
}

FN float SUM16(F16 a) {
    const float32x4_t q = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
    const float32x2_t d = vadd_f32(vget_low_f32(q), vget_high_f32(q));
    return vget_lane_f32(d, 0) + vget_lane_f32(d, 1);
}

FN float MAX16(F16 a) {
    const float32x4_t q = V_MAX(V_MAX(a.v[0], a.v[2]), V_MAX(a.v[1], a.v[3]));
    const float32x4_t d = V_MAX(q, vextq_f32(q, q, 2));
    return vgetq_lane_f32(V_MAX(d, vextq_f32(d, d, 1)), 0);
}

FN float FIRST(F16 a) { return vgetq_lane_f32(a.v[0], 0); }

#include "common.h"

#endif
