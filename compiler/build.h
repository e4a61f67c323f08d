/* `nngen build`: a program or a library of an architecture, without a build system. */
#ifndef NNGEN_BUILD_H
#define NNGEN_BUILD_H

#include "unit.h"

/* Compiles the unit's C (its product; the pipeline has run) to options.output. What was there stays
 * until the new file is complete. False with a message. */
bool build(const Unit *unit);

#endif
