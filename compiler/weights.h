/* nngen --weights: trained parameters in the C that is written. */
#ifndef NNGEN_WEIGHTS_H
#define NNGEN_WEIGHTS_H

#include "unit.h"

/* Appends the constant nn_weights_<name> to the unit's C (its product): a state that is made ready
 * with the parameters of options.weights. The model's own code makes it, compiled for this machine
 * and run once, so the constant has its layout. Returns false after a message. */
bool weights_append(Unit *unit);

#endif
