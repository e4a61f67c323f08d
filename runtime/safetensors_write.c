#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "report.h"
#include "safetensors.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "floats are written as they lie in memory");

/* The header as text, padded so that the data begins at a multiple of 8; NULL without memory. */
static char *header_text(int n, const TensorOut *tensors, int n_meta, const MetaEntry *meta,
                         size_t *length) {
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out) return NULL;
    Json json = {.out = out};
    json_open(&json, NULL, '{');
    if (n_meta > 0) json_open(&json, "__metadata__", '{');
    for (int i = 0; i < n_meta; i++) json_text(&json, meta[i].key, meta[i].value);
    if (n_meta > 0) json_close(&json, '}');
    int64_t at = 0;
    for (int i = 0; i < n; i++) {
        json_open(&json, tensors[i].name, '{');
        json_text(&json, "dtype", "F32");
        json_open(&json, "shape", '[');
        for (int k = 0; k < tensors[i].rank; k++) json_integer(&json, NULL, tensors[i].dim[k]);
        json_close(&json, ']');
        json_open(&json, "data_offsets", '[');
        json_integer(&json, NULL, at);
        json_integer(&json, NULL, at += tensors[i].count * (int64_t)sizeof(float));
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, '}');
    for (long end = ftell(out); end % 8 != 0; end++) fputc(' ', out);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

bool tensors_write(const char *path, int n, const TensorOut *tensors, int n_meta,
                   const MetaEntry *meta) {
    size_t length = 0;
    char *header = header_text(n, tensors, n_meta, meta, &length);
    if (!header) return problem("%s: no memory for its header", path);
    OutputFile file;
    if (!output_open(&file, path)) {
        free(header);
        return false;
    }
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)((uint64_t)length >> 8 * i);
    fwrite(size, 1, sizeof size, file.stream);
    fwrite(header, 1, length, file.stream);
    free(header);
    for (int i = 0; i < n; i++)
        fwrite(tensors[i].values, sizeof(float), (size_t)tensors[i].count, file.stream);
    return output_commit(&file); /* errors of the writes above stay in the stream */
}
