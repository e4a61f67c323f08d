#ifndef NNGEN_PLAN_FUSE_H
#define NNGEN_PLAN_FUSE_H

#include "plan.h"

/* The pass `fuse`: sets Value.root of nodes that are computed in the kernel of another one. */
void plan_fuse(Plan *plan);

#endif
