#ifndef NNGEN_PIPELINE_H
#define NNGEN_PIPELINE_H

#include "unit.h"

/* Runs the passes and writes what options.emit asks for to unit->product. Returns false if the
 * user's file has errors; they are in unit->diag. */
bool pipeline_run(Unit *unit);

#endif
