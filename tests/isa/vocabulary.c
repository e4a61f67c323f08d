/* Writes a program that prints, for arguments over the whole range, the bits of every function of
 * an instruction set's vocabulary: the same lines must come from all of them. With `error` it
 * prints the largest error against the C library in double instead. The cases themselves are in
 * vocabulary_cases.h. */
#include <stdio.h>

#include "../../compiler/isa/isa.h"

int main(int argc, char **argv) {
    const Isa *isa = argc > 1 ? isa_by_name(argv[1]) : NULL;
    if (!isa) return 2;
    Arena *arena = arena_new();
    Writer *w = writer_new(arena);
    w_raw(w, "#include <math.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n");
    if (isa->target) w_raw(w, "#include <immintrin.h>\n");
    w_raw(w,
          "typedef struct NnDrop { uint32_t key, threshold, first, words; float scale; } NnDrop;\n"
          "#define NN_ZERO(p, bytes) memset((p), 0, (bytes))\n#define NN_COPY memcpy\n");
    isa_open(w, isa);
    w_raw(w, "#define TARGET");
    if (isa->target) w_line(w, " __attribute__((target(\"%s\")))", isa->target);
    w_raw(w, "\n#include \"vocabulary_cases.h\"\n");
    fputs(writer_text(w), stdout);
    arena_free(arena);
    return 0;
}
