#ifndef NNGEN_PIPELINE_H
#define NNGEN_PIPELINE_H

#include "unit.h"

/* Runs the passes and writes what options.emit asks for to unit->product. Returns false if the
 * user's file has errors; they are in unit->diag. */
bool pipeline_run(Unit *unit);

/* Runs the passes from `first` on, for a unit that has what the passes before it give, and stops
 * where options.stop says: unit->product is the dump then. Returns false after errors. */
bool pipeline_passes(Unit *unit, const char *first);

#endif
