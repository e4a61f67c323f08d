/* The front end: runs an architecture file in a sandbox and gives the graph that it describes. */
#ifndef NNGEN_LUA_FRONTEND_H
#define NNGEN_LUA_FRONTEND_H

#include <stddef.h>
#include <stdio.h>

#include "../graph/graph.h"

/* A value of the command line for nn.param. */
typedef struct Define {
    const char *name, *value;
} Define;

typedef struct SourceFile {
    const char *name; /* base name */
    const char *path; /* as it was opened */
    const char *text;
    size_t length;
} SourceFile;

/* The architecture and every file that it required, in the order of loading. */
typedef struct Sources {
    SourceFile *files;
    int n_files, cap_files;
} Sources;

/* Runs the file at `path`. Returns its graph, without gradients, or NULL after reporting to `diag`
 * everything that is wrong with it. With `predicts` the model may be without training. Everything
 * made lives in `arena`. A file that runs longer than a few seconds of CPU time ends the program
 * with a diagnostic and status 1. */
Graph *frontend_load(Arena *arena, Diag *diag, const char *path, const Define *defines,
                     int n_defines, bool predicts, Sources *sources);

/* Writes the words of the language with their types and options, as LuaLS, the language server of
 * editors, reads them. False when memory is exhausted. */
bool types_write(Arena *arena, Diag *diag, FILE *out);

#endif
