/* `nngen build`: a program or a library of an architecture, without a build system. */
#ifndef NNGEN_BUILD_H
#define NNGEN_BUILD_H

#include "unit.h"

/* Compiles the unit's C (its product; the pipeline has run) to options.output. An existing file
 * stays until the new one is complete. Returns false after a message. */
bool build(const Unit *unit);

#endif
