/* AVX2: a row F16 is two registers, a mask M16 has all bits of its lanes. portable.h says what the
 * words mean. */
#ifndef NNGEN_ISA_VOCABULARY_AVX2_H
#define NNGEN_ISA_VOCABULARY_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx2,fma")))
#define FN static inline TARGET __attribute__((always_inline))

/* Registers. */

typedef __m256 V;
#define V_ZERO() _mm256_setzero_ps()
#define V_LOAD(p) _mm256_loadu_ps(p)
#define V_STORE(p, v) _mm256_storeu_ps((p), (v))
#define V_SET(x) _mm256_set1_ps(x)
#define V_FMA(a, b, c) _mm256_fmadd_ps((a), (b), (c))
typedef __m256i VI;
typedef __m256 VT;
#define V_BYTES(p) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define V_ISET(i) _mm256_set1_epi32(i)
#define V_IADD(a, i) _mm256_add_epi32((a), _mm256_set1_epi32(i))
#define V_IPLUS(a, b) _mm256_add_epi32((a), (b))
#define V_IAND(a, i) _mm256_and_si256((a), _mm256_set1_epi32(i))
#define V_IS(a, i) _mm256_cmpeq_epi32((a), _mm256_set1_epi32(i))
#define V_ISELECT(a, i, x, y) _mm256_blendv_epi8((y), _mm256_set1_epi32(x), V_IS(a, i))
#define V_KEEP(a, i, x) _mm256_and_ps(_mm256_castsi256_ps(V_IS(a, i)), (x))
#define V_ROWS(p, q)                                                                               \
    _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(q), 1)
#define V_PICK(rows, at) _mm256_permutevar8x32_ps((rows), (at))

/* Rows and masks. */

typedef struct F16 {
    __m256 v[2];
} F16;
typedef struct I16 {
    __m256i v[2];
} I16;
typedef F16 M16;
#define ROW(v0, v1) ((F16){{(v0), (v1)}})
#define ONE(name, op)                                                                              \
    FN F16 name(F16 a) { return (F16){{op(a.v[0]), op(a.v[1])}}; }
#define TWO(name, op)                                                                              \
    FN F16 name(F16 a, F16 b) { return (F16){{op(a.v[0], b.v[0]), op(a.v[1], b.v[1])}}; }
#define INT(name, op)                                                                              \
    FN I16 name(I16 a, I16 b) { return (I16){{op(a.v[0], b.v[0]), op(a.v[1], b.v[1])}}; }
#define SHIFT(name, op)                                                                            \
    FN I16 name(I16 a, int by) { return (I16){{op(a.v[0], by), op(a.v[1], by)}}; }
#define V_NEG(x) _mm256_xor_ps((x), _mm256_set1_ps(-0.0f))
#define V_ABS(x) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), (x))
#define V_GT(x, y) _mm256_cmp_ps((x), (y), _CMP_GT_OQ)
#define V_WINS(x, y) _mm256_or_ps(V_GT(x, y), _mm256_cmp_ps((x), (x), _CMP_UNORD_Q))
FN F16 LOAD(const float *p) { return (F16){{_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}}; }
FN void STORE(float *p, F16 a) {
    _mm256_storeu_ps(p, a.v[0]);
    _mm256_storeu_ps(p + 8, a.v[1]);
}
FN F16 SET(float x) { return (F16){{_mm256_set1_ps(x), _mm256_set1_ps(x)}}; }
TWO(ADD, _mm256_add_ps)
TWO(SUB, _mm256_sub_ps)
TWO(MUL, _mm256_mul_ps)
TWO(DIV, _mm256_div_ps)
TWO(MAX, _mm256_max_ps)
TWO(MIN, _mm256_min_ps)
ONE(SQRT, _mm256_sqrt_ps)
ONE(NEG, V_NEG)
ONE(ABS, V_ABS)
FN F16 FMA(F16 a, F16 b, F16 c) {
    return (F16){
        {_mm256_fmadd_ps(a.v[0], b.v[0], c.v[0]), _mm256_fmadd_ps(a.v[1], b.v[1], c.v[1])}};
}
FN F16 ROUNDED(F16 a) {
    __asm__("" : "+x"(a.v[0]), "+x"(a.v[1]));
    return a;
}
TWO(GT, V_GT)
TWO(WINS, V_WINS)
FN M16 NONZERO(F16 a) {
    const __m256 zero = _mm256_setzero_ps();
    return (M16){
        {_mm256_cmp_ps(a.v[0], zero, _CMP_NEQ_UQ), _mm256_cmp_ps(a.v[1], zero, _CMP_NEQ_UQ)}};
}
TWO(KEEP, _mm256_and_ps)
FN F16 SELECT(M16 m, F16 a, F16 b) {
    return (F16){
        {_mm256_blendv_ps(b.v[0], a.v[0], m.v[0]), _mm256_blendv_ps(b.v[1], a.v[1], m.v[1])}};
}
FN I16 AS_INT(F16 a) { return (I16){{_mm256_castps_si256(a.v[0]), _mm256_castps_si256(a.v[1])}}; }
FN F16 AS_FLOAT(I16 a) { return (F16){{_mm256_castsi256_ps(a.v[0]), _mm256_castsi256_ps(a.v[1])}}; }
FN F16 TO_FLOAT(I16 a) { return (F16){{_mm256_cvtepi32_ps(a.v[0]), _mm256_cvtepi32_ps(a.v[1])}}; }
FN I16 ISET(uint32_t x) { return (I16){{_mm256_set1_epi32((int)x), _mm256_set1_epi32((int)x)}}; }
FN I16 IOTA(void) {
    return (I16){{_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                  _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)}};
}
INT(IADD, _mm256_add_epi32)
INT(ISUB, _mm256_sub_epi32)
INT(IMUL, _mm256_mullo_epi32)
INT(IAND, _mm256_and_si256)
INT(IOR, _mm256_or_si256)
INT(IXOR, _mm256_xor_si256)
SHIFT(ISHL, _mm256_slli_epi32)
SHIFT(ISHR, _mm256_srli_epi32)
FN M16 IGT(I16 a, I16 b) {
    return (M16){{_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v[0], b.v[0])),
                  _mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v[1], b.v[1]))}};
}
FN M16 IEQ(I16 a, I16 b) {
    return (M16){{_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v[0], b.v[0])),
                  _mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v[1], b.v[1]))}};
}
FN I16 ISELECT(M16 m, I16 a, I16 b) { return AS_INT(SELECT(m, AS_FLOAT(a), AS_FLOAT(b))); }
FN void STORE_BYTES(uint8_t *p, I16 a) {
    const __m256i w = _mm256_permute4x64_epi64(_mm256_packus_epi32(a.v[0], a.v[1]), 0xd8);
    _mm_storeu_si128((__m128i *)(void *)p,
                     _mm_packus_epi16(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1)));
}
FN I16 LOAD_BYTES(const uint8_t *p) {
    const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (I16){{_mm256_cvtepu8_epi32(b), _mm256_cvtepu8_epi32(_mm_srli_si128(b, 8))}};
}

/* The lanes of four that a mask of four bits has, moved to the front, and their number. */
static const int32_t FRONT[16][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                     {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
                                     {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
                                     {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
static const uint8_t BITS[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
FN int COMPRESS4(float *p, int32_t *q, unsigned m, __m128 a, __m128i b) {
    const __m128i from = _mm_loadu_si128((const __m128i *)(const void *)FRONT[m]);
    _mm_storeu_ps(p, _mm_permutevar_ps(a, from));
    _mm_storeu_ps((float *)(void *)q, _mm_permutevar_ps(_mm_castsi128_ps(b), from));
    return BITS[m];
}

/* Lanes of the mask go to the front of two rows; returns their number. What follows them in the
 * rows is undefined. */
FN int COMPRESS(float *p, int32_t *q, M16 m, F16 a, I16 b) {
    int n = 0;
    for (int i = 0; i < 2; i++) {
        const unsigned mask = (unsigned)_mm256_movemask_ps(m.v[i]);
        n += COMPRESS4(p + n, q + n, mask & 15u, _mm256_castps256_ps128(a.v[i]),
                       _mm256_castsi256_si128(b.v[i]));
        n += COMPRESS4(p + n, q + n, mask >> 4, _mm256_extractf128_ps(a.v[i], 1),
                       _mm256_extracti128_si256(b.v[i], 1));
    }
    return n;
}

FN void TRANSPOSE8(const float *from, int step, float *to, int stride) {
    __m256 a[8], b[8];
    for (int i = 0; i < 4; i++) {
        const __m256 p = _mm256_loadu_ps(from + 2 * i * step);
        const __m256 q = _mm256_loadu_ps(from + (2 * i + 1) * step);
        a[2 * i] = _mm256_unpacklo_ps(p, q);
        a[2 * i + 1] = _mm256_unpackhi_ps(p, q);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            b[4 * i + 2 * j] = _mm256_shuffle_ps(a[4 * i + j], a[4 * i + j + 2], 0x44);
            b[4 * i + 2 * j + 1] = _mm256_shuffle_ps(a[4 * i + j], a[4 * i + j + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * stride, _mm256_permute2f128_ps(b[i], b[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * stride, _mm256_permute2f128_ps(b[i], b[i + 4], 0x31));
    }
}

/* 16 rows of 16 floats, `step` apart, become the columns of 16 rows, `stride` apart. */
FN void TRANSPOSE(const float *from, int step, float *to, int stride) {
    for (int i = 0; i < 4; i++)
        TRANSPOSE8(from + i / 2 * 8 * step + i % 2 * 8, step, to + i % 2 * 8 * stride + i / 2 * 8,
                   stride);
}

FN float SUM16(F16 a) {
    const __m256 e = _mm256_add_ps(a.v[0], a.v[1]);
    const __m128 q = _mm_add_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
    const __m128 d = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}

FN float MAX16(F16 a) {
    const __m256 e = _mm256_max_ps(a.v[0], a.v[1]);
    const __m128 q = _mm_max_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
    const __m128 d = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(d, _mm_movehdup_ps(d)));
}

FN float FIRST(F16 a) { return _mm256_cvtss_f32(a.v[0]); }

#include "common.h"

#endif
