/* AVX-512: a row F16 is one register, a mask M16 a mask register. portable.h says what the words
 * mean. */
#ifndef NNGEN_ISA_VOCABULARY_AVX512_H
#define NNGEN_ISA_VOCABULARY_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,popcnt")))
#define FN static inline TARGET __attribute__((always_inline))

/* Registers. */

typedef __m512 V;
#define V_ZERO() _mm512_setzero_ps()
#define V_LOAD(p) _mm512_loadu_ps(p)
#define V_STORE(p, v) _mm512_storeu_ps((p), (v))
#define V_SET(x) _mm512_set1_ps(x)
#define V_FMA(a, b, c) _mm512_fmadd_ps((a), (b), (c))
typedef __m512i VI;
typedef __m512 VT;
#define V_BYTES(p) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define V_ISET(i) _mm512_set1_epi32(i)
#define V_IADD(a, i) _mm512_add_epi32((a), _mm512_set1_epi32(i))
#define V_IPLUS(a, b) _mm512_add_epi32((a), (b))
#define V_IAND(a, i) _mm512_and_si512((a), _mm512_set1_epi32(i))
#define V_IS(a, i) _mm512_cmpeq_epi32_mask((a), _mm512_set1_epi32(i))
#define V_ISELECT(a, i, x, y) _mm512_mask_mov_epi32((y), V_IS(a, i), _mm512_set1_epi32(x))
#define V_KEEP(a, i, x) _mm512_maskz_mov_ps(V_IS(a, i), (x))
#define V_ROWS(p, q)                                                                               \
    _mm512_castps256_ps512(                                                                        \
        _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(q), 1))
#define V_PICK(rows, at) _mm512_permutexvar_ps((at), (rows))

/* Rows and masks. */

typedef __m512 F16;
typedef __m512i I16;
typedef __mmask16 M16;
#define ROW(v0) (v0)
FN F16 LOAD(const float *p) { return _mm512_loadu_ps(p); }
FN void STORE(float *p, F16 a) { _mm512_storeu_ps(p, a); }
FN F16 SET(float x) { return _mm512_set1_ps(x); }
FN F16 ADD(F16 a, F16 b) { return _mm512_add_ps(a, b); }
FN F16 SUB(F16 a, F16 b) { return _mm512_sub_ps(a, b); }
FN F16 MUL(F16 a, F16 b) { return _mm512_mul_ps(a, b); }
FN F16 DIV(F16 a, F16 b) { return _mm512_div_ps(a, b); }
FN F16 MAX(F16 a, F16 b) { return _mm512_max_ps(a, b); }
FN F16 MIN(F16 a, F16 b) { return _mm512_min_ps(a, b); }
FN F16 SQRT(F16 a) { return _mm512_sqrt_ps(a); }
FN F16 NEG(F16 a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
FN F16 ABS(F16 a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
FN F16 FMA(F16 a, F16 b, F16 c) { return _mm512_fmadd_ps(a, b, c); }
FN F16 ROUNDED(F16 a) {
    __asm__("" : "+v"(a));
    return a;
}
FN M16 GT(F16 a, F16 b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
FN M16 WINS(F16 a, F16 b) {
    return (M16)(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) | _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q));
}
FN M16 NONZERO(F16 a) { return _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_NEQ_UQ); }
FN F16 KEEP(M16 m, F16 a) { return _mm512_maskz_mov_ps(m, a); }
FN F16 SELECT(M16 m, F16 a, F16 b) { return _mm512_mask_mov_ps(b, m, a); }
FN I16 AS_INT(F16 a) { return _mm512_castps_si512(a); }
FN F16 AS_FLOAT(I16 a) { return _mm512_castsi512_ps(a); }
FN F16 TO_FLOAT(I16 a) { return _mm512_cvtepi32_ps(a); }
FN I16 ISET(uint32_t x) { return _mm512_set1_epi32((int)x); }
FN I16 IOTA(void) {
    return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
FN I16 IADD(I16 a, I16 b) { return _mm512_add_epi32(a, b); }
FN I16 ISUB(I16 a, I16 b) { return _mm512_sub_epi32(a, b); }
FN I16 IMUL(I16 a, I16 b) { return _mm512_mullo_epi32(a, b); }
FN I16 IAND(I16 a, I16 b) { return _mm512_and_si512(a, b); }
FN I16 IOR(I16 a, I16 b) { return _mm512_or_si512(a, b); }
FN I16 IXOR(I16 a, I16 b) { return _mm512_xor_si512(a, b); }
FN I16 ISHL(I16 a, unsigned by) { return _mm512_slli_epi32(a, by); }
FN I16 ISHR(I16 a, unsigned by) { return _mm512_srli_epi32(a, by); }
FN M16 IGT(I16 a, I16 b) { return _mm512_cmpgt_epi32_mask(a, b); }
FN M16 IEQ(I16 a, I16 b) { return _mm512_cmpeq_epi32_mask(a, b); }
FN I16 ISELECT(M16 m, I16 a, I16 b) { return _mm512_mask_mov_epi32(b, m, a); }
FN void STORE_BYTES(uint8_t *p, I16 a) {
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8(a));
}
FN I16 LOAD_BYTES(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Lanes of the mask go to the front of two rows; returns their number. What follows them in the
 * rows is undefined. */
FN int COMPRESS(float *p, int32_t *q, M16 m, F16 a, I16 b) {
    _mm512_storeu_ps(p, _mm512_maskz_compress_ps(m, a));
    _mm512_storeu_ps((float *)(void *)q, _mm512_castsi512_ps(_mm512_maskz_compress_epi32(m, b)));
    return _mm_popcnt_u32(m);
}

/* 16 rows of 16 floats, `step` apart, become the columns of 16 rows, `stride` apart. */
FN void TRANSPOSE(const float *from, int step, float *to, int stride) {
    __m512 a[16], b[16];
    for (int i = 0; i < 8; i++) {
        const __m512 p = _mm512_loadu_ps(from + 2 * i * step);
        const __m512 q = _mm512_loadu_ps(from + (2 * i + 1) * step);
        a[2 * i] = _mm512_unpacklo_ps(p, q);
        a[2 * i + 1] = _mm512_unpackhi_ps(p, q);
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 2; j++) {
            b[4 * i + 2 * j] = _mm512_shuffle_ps(a[4 * i + j], a[4 * i + j + 2], 0x44);
            b[4 * i + 2 * j + 1] = _mm512_shuffle_ps(a[4 * i + j], a[4 * i + j + 2], 0xee);
        }
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_f32x4(b[i], b[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_f32x4(b[i], b[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        _mm512_storeu_ps(to + i * stride, _mm512_shuffle_f32x4(a[i], a[i + 8], 0x88));
        _mm512_storeu_ps(to + (i + 8) * stride, _mm512_shuffle_f32x4(a[i], a[i + 8], 0xdd));
    }
}

FN float SUM16(F16 a) {
    const __m256 e = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 q = _mm_add_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
    const __m128 d = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}

FN float MAX16(F16 a) {
    const __m256 e = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 q = _mm_max_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
    const __m128 d = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(d, _mm_movehdup_ps(d)));
}

FN float FIRST(F16 a) { return _mm512_cvtss_f32(a); }

#include "common.h"

#endif
