/* The commonest of clang's intrinsics as it defines them itself, but as macros: without
 * optimisation clang spends most of its time on their functions, which it copies into every place
 * of use. */
#include_next <immintrin.h>

#define _mm256_setzero_ps() ((__m256){0})
#define _mm256_set1_ps(x)                                                                          \
    __extension__({                                                                                \
        const float x_ = (x);                                                                      \
        (__m256){x_, x_, x_, x_, x_, x_, x_, x_};                                                  \
    })
#define _mm256_loadu_ps(p) ((__m256) * (const __m256_u *)(const void *)(p))
#define _mm256_fmadd_ps(a, b, c) ((__m256)__builtin_ia32_vfmaddps256((a), (b), (c)))

#define _mm512_setzero_ps() ((__m512){0})
#define _mm512_set1_ps(x)                                                                          \
    __extension__({                                                                                \
        const float x_ = (x);                                                                      \
        (__m512){x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_, x_};                  \
    })
#define _mm512_loadu_ps(p) ((__m512) * (const __m512_u *)(const void *)(p))
#define _mm512_fmadd_ps(a, b, c)                                                                   \
    ((__m512)__builtin_ia32_vfmaddps512_mask((a), (b), (c), (__mmask16)-1,                         \
                                             _MM_FROUND_CUR_DIRECTION))
