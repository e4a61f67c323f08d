#define _GNU_SOURCE
#include "idx.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report.h"

enum { CHUNK = 1 << 20 };
static const uint64_t max_bytes = UINT64_C(1) << 32;

/* Reads up to `wanted` bytes; fewer at the end of the file; -1 after a message. */
static int64_t read_some(gzFile file, const char *path, unsigned char *out, unsigned wanted) {
    unsigned have = 0;
    while (have < wanted) {
        int got = gzread(file, out + have, wanted - have);
        int code = Z_OK;
        const char *words = got <= 0 ? gzerror(file, &code) : "";
        if (got < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
            problem("%s: %s", path,
                    code == Z_ERRNO       ? strerror(errno)
                    : code == Z_BUF_ERROR ? "the compressed data ends too early"
                                          : words);
            return -1;
        }
        if (got == 0) break;
        have += (unsigned)got;
    }
    return have;
}

static bool read_header(gzFile file, const char *path, int rank, Idx *idx, uint64_t *total) {
    unsigned char bytes[4 + 4 * IDX_MAX_RANK];
    unsigned wanted = 4 + 4 * (unsigned)rank;
    int64_t got = read_some(file, path, bytes, wanted);
    if (got < 0) return false;
    if (got < 4 || bytes[0] != 0 || bytes[1] != 0)
        return problem("%s: not an IDX file (its first two bytes must be zero)", path);
    if (bytes[2] != 8)
        return problem("%s: element type 0x%02x, unsigned bytes (0x08) wanted", path, bytes[2]);
    if (bytes[3] != rank)
        return problem("%s: array of rank %d, rank %d wanted", path, bytes[3], rank);
    if (got < (int64_t)wanted) return problem("%s: ends within its header", path);
    idx->rank = rank;
    *total = 1;
    for (int i = 0; i < rank; i++) {
        const unsigned char *b = bytes + 4 + 4 * i;
        uint32_t dim = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        /* Each factor is below 2^31 and the product stays below 2^32: no overflow. */
        if (dim == 0 || dim > INT32_MAX || (*total *= dim) > max_bytes)
            return problem("%s: impossible size %u in its header", path, (unsigned)dim);
        idx->dim[i] = (int)dim;
    }
    return true;
}

/* Memory grows with what is read, so a header that lies costs nothing. */
static bool read_values(gzFile file, const char *path, uint64_t total, Idx *idx) {
    uint64_t have = 0, room = 0;
    while (have < total) {
        if (room - have < CHUNK) {
            room = room ? room * 2 : CHUNK;
            if (room > total) room = total;
            idx->values = reallocate(idx->values, (size_t)room, 1);
        }
        uint64_t left = room - have;
        int64_t got = read_some(file, path, idx->values + have,
                                left > CHUNK ? (unsigned)CHUNK : (unsigned)left);
        if (got < 0) return false;
        if (got == 0)
            return problem("%s: %llu bytes of data, its header promises %llu", path,
                           (unsigned long long)have, (unsigned long long)total);
        have += (uint64_t)got;
    }
    unsigned char more;
    int64_t got = read_some(file, path, &more, 1);
    if (got > 0) return problem("%s: more data than its header promises", path);
    return got == 0;
}

bool idx_read(const char *path, int rank, Idx *idx) {
    *idx = (Idx){0};
    gzFile file = gzopen(path, "rbe");
    if (!file) return problem("%s: %s", path, errno ? strerror(errno) : "cannot open");
    uint64_t total = 0;
    bool ok = read_header(file, path, rank, idx, &total) && read_values(file, path, total, idx);
    gzclose(file);
    if (!ok) idx_free(idx);
    return ok;
}

void idx_free(Idx *idx) {
    free(idx->values);
    *idx = (Idx){0};
}
