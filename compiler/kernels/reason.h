/* Why a kernel's loops are cut as they are. */
#ifndef NNGEN_KERNELS_REASON_H
#define NNGEN_KERNELS_REASON_H

#include "family.h"

/* A sentence or more for the comment above the kernel's function: its tile on that instruction
 * set and the reason for it. Lines end with \n, but for the last. */
const char *kernel_reason(Arena *arena, const Kernel *kernel, const Isa *isa);

#endif
