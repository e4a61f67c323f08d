/* Facts about the texts that a compilation read, for the generated file. */
#ifndef NNGEN_SOURCES_H
#define NNGEN_SOURCES_H

#include "lua/frontend.h"

/* Base name of the architecture file, without characters that C strings or comments treat
 * specially; lives in `arena`. */
const char *sources_name(Arena *arena, const Sources *sources);

/* SHA-256 in hex over each text (name and contents, in load order) and the -D values; lives in
 * `arena`. */
const char *sources_sha256(Arena *arena, const Sources *sources, const Define *defines,
                           int n_defines);

/* A rule of make: `target` depends on each text that was read. Names are as they were opened,
 * escaped as gcc does it. Lives in `arena`. */
const char *sources_depfile(Arena *arena, const Sources *sources, const char *target);

#endif
