/* Hands `nngen data` over to nngen-data. */
#define _POSIX_C_SOURCE 200809L

#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "toolchain.h"

int make_data(Arena *arena, char **argv) {
    const char *program = nngen_sibling(arena, "nngen-data");
    if (program) {
        execv(program, argv);
        fprintf(stderr, "nngen: error: cannot run %s: %s\n", program, strerror(errno));
        return 1;
    }
    fputs("nngen: error: nngen-data, which does this, is not beside nngen; it is built with nngen "
          "where its libraries are (Debian: apt install libarchive-dev libcsv-dev libjpeg-dev "
          "libpng-dev libsndfile1-dev zlib1g-dev)\n",
          stderr);
    return 1;
}
