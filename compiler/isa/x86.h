/* Shared by AVX-512 and AVX2. */
#ifndef NNGEN_ISA_X86_H
#define NNGEN_ISA_X86_H

/* For Microsoft's target the intrinsics are there only if all code may use them. */
#define X86_MACHINE "defined(__x86_64__) && !defined(_MSC_VER)"
#define X86_HEADER "<immintrin.h>"

#endif
