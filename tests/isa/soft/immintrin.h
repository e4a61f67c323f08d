/* AVX-512 out of pairs of AVX2 registers, for machines without it. With -I of this folder and
 * -mavx2 -mfma, generated files compile as they are and their avx512 section runs with the
 * instructions' exact results. Only what generated code uses is here; anything else is an error of
 * the compiler's. */
#ifndef SOFT_IMMINTRIN_H
#define SOFT_IMMINTRIN_H

#include_next <immintrin.h>
#include <stdint.h>

/* Every instruction set counts as present, and none of the file's functions asks for one. */
#define __builtin_cpu_supports(name) 1
#define target(names) __unused__

#define SOFT static inline __attribute__((always_inline, unused))

typedef struct SoftFloats {
    __m256 half[2];
} SoftFloats;
typedef struct SoftInts {
    __m256i half[2];
} SoftInts;
typedef uint16_t SoftMask;

/* A function of one, two or three registers; `expression` gives half of its value from x, y, z. */
#define SOFT_ONE(R, name, A, expression)                                                           \
    SOFT R soft_##name(A a) {                                                                      \
        R r;                                                                                       \
        for (int i = 0; i < 2; i++) {                                                              \
            const __typeof__(a.half[0]) x = a.half[i];                                             \
            r.half[i] = (expression);                                                              \
        }                                                                                          \
        return r;                                                                                  \
    }
#define SOFT_TWO(A, name, expression)                                                              \
    SOFT A soft_##name(A a, A b) {                                                                 \
        A r;                                                                                       \
        for (int i = 0; i < 2; i++) {                                                              \
            const __typeof__(a.half[0]) x = a.half[i], y = b.half[i];                              \
            r.half[i] = (expression);                                                              \
        }                                                                                          \
        return r;                                                                                  \
    }
#define SOFT_COMPARE(A, name, expression)                                                          \
    SOFT SoftMask soft_##name(A a, A b) {                                                          \
        unsigned r = 0;                                                                            \
        for (int i = 0; i < 2; i++) {                                                              \
            const __typeof__(a.half[0]) x = a.half[i], y = b.half[i];                              \
            r |= (unsigned)_mm256_movemask_ps(expression) << 8 * i;                                \
        }                                                                                          \
        return (SoftMask)r;                                                                        \
    }

/* A product that nothing is contracted with, as that of the instruction. */
SOFT __m256 soft_product(__m256 a, __m256 b) {
    __m256 p = _mm256_mul_ps(a, b);
    __asm__("" : "+x"(p));
    return p;
}
/* All bits of a lane where its bit in `m`, the mask of one half, is set. */
SOFT __m256i soft_spread(unsigned m) {
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)m), bits), bits);
}

SOFT_TWO(SoftFloats, add, _mm256_add_ps(x, y))
SOFT_TWO(SoftFloats, sub, _mm256_sub_ps(x, y))
SOFT_TWO(SoftFloats, mul, soft_product(x, y))
SOFT_TWO(SoftFloats, div, _mm256_div_ps(x, y))
SOFT_TWO(SoftFloats, max, _mm256_max_ps(x, y))
SOFT_TWO(SoftFloats, min, _mm256_min_ps(x, y))
SOFT_TWO(SoftFloats, xor, _mm256_xor_ps(x, y))
SOFT_TWO(SoftFloats, andnot, _mm256_andnot_ps(x, y))
SOFT_TWO(SoftInts, iadd, _mm256_add_epi32(x, y))
SOFT_TWO(SoftInts, isub, _mm256_sub_epi32(x, y))
SOFT_TWO(SoftInts, imul, _mm256_mullo_epi32(x, y))
SOFT_TWO(SoftInts, iand, _mm256_and_si256(x, y))
SOFT_TWO(SoftInts, ior, _mm256_or_si256(x, y))
SOFT_TWO(SoftInts, ixor, _mm256_xor_si256(x, y))
SOFT_TWO(SoftInts, shift_left, _mm256_sllv_epi32(x, y))
SOFT_TWO(SoftInts, shift_right, _mm256_srlv_epi32(x, y))
SOFT_TWO(SoftFloats, unpack_low, _mm256_unpacklo_ps(x, y))
SOFT_TWO(SoftFloats, unpack_high, _mm256_unpackhi_ps(x, y))
SOFT_TWO(SoftFloats, shuffle_44, _mm256_shuffle_ps(x, y, 0x44))
SOFT_TWO(SoftFloats, shuffle_ee, _mm256_shuffle_ps(x, y, 0xee))
SOFT_ONE(SoftFloats, sqrt, SoftFloats, _mm256_sqrt_ps(x))
SOFT_ONE(SoftInts, as_ints, SoftFloats, _mm256_castps_si256(x))
SOFT_ONE(SoftFloats, as_floats, SoftInts, _mm256_castsi256_ps(x))
SOFT_ONE(SoftFloats, to_floats, SoftInts, _mm256_cvtepi32_ps(x))
SOFT_COMPARE(SoftFloats, gt, _mm256_cmp_ps(x, y, _CMP_GT_OQ))
SOFT_COMPARE(SoftFloats, unordered, _mm256_cmp_ps(x, y, _CMP_UNORD_Q))
SOFT_COMPARE(SoftFloats, ne, _mm256_cmp_ps(x, y, _CMP_NEQ_UQ))
SOFT_COMPARE(SoftInts, igt, _mm256_castsi256_ps(_mm256_cmpgt_epi32(x, y)))
SOFT_COMPARE(SoftInts, ieq, _mm256_castsi256_ps(_mm256_cmpeq_epi32(x, y)))

SOFT SoftFloats soft_fma(SoftFloats a, SoftFloats b, SoftFloats c) {
    return (SoftFloats){{_mm256_fmadd_ps(a.half[0], b.half[0], c.half[0]),
                         _mm256_fmadd_ps(a.half[1], b.half[1], c.half[1])}};
}
SOFT SoftFloats soft_set(float x) {
    return (SoftFloats){{_mm256_set1_ps(x), _mm256_set1_ps(x)}};
}
SOFT SoftInts soft_iset(int x) {
    return (SoftInts){{_mm256_set1_epi32(x), _mm256_set1_epi32(x)}};
}
/* Lanes of `a` where the mask is set, else of `other`. */
SOFT SoftInts soft_iblend(SoftInts other, SoftMask m, SoftInts a) {
    return (SoftInts){{_mm256_blendv_epi8(other.half[0], a.half[0], soft_spread(m & 255u)),
                       _mm256_blendv_epi8(other.half[1], a.half[1], soft_spread(m >> 8 & 255u))}};
}
SOFT SoftFloats soft_blend(SoftFloats other, SoftMask m, SoftFloats a) {
    return soft_as_floats(soft_iblend(soft_as_ints(other), m, soft_as_ints(a)));
}
SOFT SoftFloats soft_load(const float *p) {
    return (SoftFloats){{_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}};
}
SOFT void soft_store(float *p, SoftFloats a) {
    _mm256_storeu_ps(p, a.half[0]);
    _mm256_storeu_ps(p + 8, a.half[1]);
}
/* shuffle_f32x4: quarters of 4 floats, two of `a`, two of `b`. */
SOFT SoftFloats soft_quarters(SoftFloats a, SoftFloats b, unsigned pick) {
    float from[2][16], to[16];
    soft_store(from[0], a);
    soft_store(from[1], b);
    for (int i = 0; i < 16; i++) to[i] = from[i / 8][(pick >> i / 4 * 2 & 3) * 4 + i % 4];
    return soft_load(to);
}
/* The lanes that the mask has, at the front of a row of zeros. */
SOFT SoftInts soft_compress(SoftMask m, SoftInts a) {
    int32_t from[16], to[16] = {0};
    int n = 0;
    _mm256_storeu_si256((__m256i *)(void *)from, a.half[0]);
    _mm256_storeu_si256((__m256i *)(void *)(from + 8), a.half[1]);
    for (int i = 0; i < 16; i++)
        if (m >> i & 1) to[n++] = from[i];
    return (SoftInts){{_mm256_loadu_si256((const __m256i *)(const void *)to),
                       _mm256_loadu_si256((const __m256i *)(const void *)(to + 8))}};
}
SOFT SoftFloats soft_pick(SoftInts at, SoftFloats a) {
    int32_t from[16];
    float row[16], to[16];
    _mm256_storeu_si256((__m256i *)(void *)from, at.half[0]);
    _mm256_storeu_si256((__m256i *)(void *)(from + 8), at.half[1]);
    soft_store(row, a);
    for (int i = 0; i < 16; i++) to[i] = row[from[i] & 15];
    return soft_load(to);
}
SOFT __m128i soft_low_bytes(SoftInts a) {
    uint32_t lanes[16];
    uint8_t bytes[16];
    _mm256_storeu_si256((__m256i *)(void *)lanes, a.half[0]);
    _mm256_storeu_si256((__m256i *)(void *)(lanes + 8), a.half[1]);
    for (int i = 0; i < 16; i++) bytes[i] = (uint8_t)lanes[i];
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}
SOFT SoftInts soft_from_bytes(__m128i a) {
    return (SoftInts){{_mm256_cvtepu8_epi32(a), _mm256_cvtepu8_epi32(_mm_srli_si128(a, 8))}};
}

/* Barriers of generated code name a register class that is missing here; soft_product makes up for
 * them. */
#define __asm__(...) ((void)0)

#undef _mm512_cmp_ps_mask
#undef _mm512_extractf32x8_ps
#undef _mm512_shuffle_f32x4
#undef _mm512_shuffle_ps
#undef _mm512_slli_epi32
#undef _mm512_srli_epi32
#define __m512 SoftFloats
#define __m512i SoftInts
#define __mmask16 SoftMask
#define _mm512_cmp_ps_mask(a, b, predicate) SOFT_PREDICATE_##predicate(a, b)
#define SOFT_PREDICATE__CMP_GT_OQ soft_gt
#define SOFT_PREDICATE__CMP_UNORD_Q soft_unordered
#define SOFT_PREDICATE__CMP_NEQ_UQ soft_ne
#define _mm512_maskz_compress_ps(m, a) soft_as_floats(soft_compress((m), soft_as_ints(a)))
#define _mm512_maskz_compress_epi32(m, a) soft_compress((m), (a))
#define _mm_popcnt_u32(m) __builtin_popcount(m)
#define _mm512_setzero_ps() soft_set(0.0f)
#define _mm512_set1_ps(x) soft_set(x)
#define _mm512_set1_epi32(x) soft_iset(x)
#define _mm512_setr_epi32(a, b, c, d, e, f, g, h, ...)                                             \
    ((SoftInts){{_mm256_setr_epi32(a, b, c, d, e, f, g, h), _mm256_setr_epi32(__VA_ARGS__)}})
#define _mm512_loadu_ps(p) soft_load(p)
#define _mm512_storeu_ps(p, a) soft_store((p), (a))
#define _mm512_add_ps(a, b) soft_add((a), (b))
#define _mm512_sub_ps(a, b) soft_sub((a), (b))
#define _mm512_mul_ps(a, b) soft_mul((a), (b))
#define _mm512_div_ps(a, b) soft_div((a), (b))
#define _mm512_max_ps(a, b) soft_max((a), (b))
#define _mm512_min_ps(a, b) soft_min((a), (b))
#define _mm512_sqrt_ps(a) soft_sqrt(a)
#define _mm512_xor_ps(a, b) soft_xor((a), (b))
#define _mm512_andnot_ps(a, b) soft_andnot((a), (b))
#define _mm512_fmadd_ps(a, b, c) soft_fma((a), (b), (c))
#define _mm512_maskz_mov_ps(m, a) soft_blend(soft_set(0.0f), (m), (a))
#define _mm512_mask_mov_ps(other, m, a) soft_blend((other), (m), (a))
#define _mm512_permutexvar_ps(at, a) soft_pick((at), (a))
#define _mm512_castps256_ps512(a) ((SoftFloats){{(a), _mm256_setzero_ps()}})
#define _mm512_unpacklo_ps(a, b) soft_unpack_low((a), (b))
#define _mm512_unpackhi_ps(a, b) soft_unpack_high((a), (b))
#define _mm512_shuffle_ps(a, b, pick) ((pick) == 0x44 ? soft_shuffle_44 : soft_shuffle_ee)((a), (b))
#define _mm512_shuffle_f32x4(a, b, pick) soft_quarters((a), (b), (pick))
#define _mm512_mask_mov_epi32(other, m, a) soft_iblend((other), (m), (a))
#define _mm512_castps_si512(a) soft_as_ints(a)
#define _mm512_castsi512_ps(a) soft_as_floats(a)
#define _mm512_cvtepi32_ps(a) soft_to_floats(a)
#define _mm512_add_epi32(a, b) soft_iadd((a), (b))
#define _mm512_sub_epi32(a, b) soft_isub((a), (b))
#define _mm512_mullo_epi32(a, b) soft_imul((a), (b))
#define _mm512_and_si512(a, b) soft_iand((a), (b))
#define _mm512_or_si512(a, b) soft_ior((a), (b))
#define _mm512_xor_si512(a, b) soft_ixor((a), (b))
#define _mm512_slli_epi32(a, by) soft_shift_left((a), soft_iset((int)(by)))
#define _mm512_srli_epi32(a, by) soft_shift_right((a), soft_iset((int)(by)))
#define _mm512_cmpgt_epi32_mask(a, b) soft_igt((a), (b))
#define _mm512_cmpeq_epi32_mask(a, b) soft_ieq((a), (b))
#define _mm512_cvtepi32_epi8(a) soft_low_bytes(a)
#define _mm512_cvtepu8_epi32(a) soft_from_bytes(a)
#define _mm512_castps512_ps256(a) ((a).half[0])
#define _mm512_extractf32x8_ps(a, at) ((a).half[at])
#define _mm512_cvtss_f32(a) _mm256_cvtss_f32((a).half[0])

#endif
