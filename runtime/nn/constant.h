/* The weights of a model as a constant of C. */
#ifndef NN_RUNTIME_NN_CONSTANT_H
#define NN_RUNTIME_NN_CONSTANT_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../model.h"

/* Writes `nn_weights_<name>`, the bytes of a state that is made ready, as whole numbers: their bits
 * are those of floats and doubles in the byte order of this machine. Zeros at the end are left out.
 */
static inline void constant_write(FILE *out, const NnModel *model, const void *state) {
    enum { A_LINE = 8 };
    const unsigned char *bytes = state;
    const size_t n = model->state_bytes / sizeof(uint32_t);
    size_t last = n;
    uint32_t word = 0;
    for (; last > 1; last--) {
        memcpy(&word, bytes + (last - 1) * sizeof word, sizeof word);
        if (word) break;
    }
    fprintf(
        out,
        "/* Weights of %s (%s, SHA-256 %.16s...), ready for use: a state that calls may read, and "
        "none may\n * write. NnOptions.constant of nn.h takes it. */\n",
        model->name, model->source, model->source_sha256);
    fprintf(out, "#include <stdint.h>\n\nextern const uint32_t nn_weights_");
    for (int again = 0; again < 2; again++) {
        for (const char *c = model->name; *c; c++) fputc(*c == '-' ? '_' : *c, out);
        fprintf(out, again ? "[%zu] = {" : "[%zu];\n_Alignas(64) const uint32_t nn_weights_", n);
    }
    for (size_t i = 0; i < last; i++) {
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        fprintf(out, i % A_LINE ? " 0x%" PRIx32 "," : "\n    0x%" PRIx32 ",", word);
    }
    fputs("\n};\n", out);
}

#endif
