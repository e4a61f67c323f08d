/* Files of MNIST's form, plain and compressed: arrays of labels and of images. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "input.h"
#include "runtime/digits.h"
#include "runtime/report.h"

enum { MAX_PLAIN = 1 << 16, GZIP_WINDOW = 15 + 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = input_file(data, size);
    for (int rank = 1; rank <= IDX_MAX_RANK; rank += 2) {
        Idx idx;
        if (!idx_read(path, rank, NULL, &idx)) continue;
        size_t count = 1;
        for (int i = 0; i < rank; i++) count *= (size_t)idx.dim[i];
        if (!count || idx.values[0] + idx.values[count - 1] > 2 * 255) abort();
    }
    memory_release(0);
    return 0;
}

/* Unpacks the gzip file; 0 if it is not one. */
static size_t unpack(const uint8_t *data, size_t size, uint8_t *plain) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = plain,
                  .avail_out = MAX_PLAIN};
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) abort();
    int status = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return status == Z_STREAM_END ? z.total_out : 0;
}

/* 0 if there is no room. */
static size_t pack(const uint8_t *plain, size_t size, uint8_t *data, size_t max) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain,
                  .avail_in = (uInt)size,
                  .next_out = data,
                  .avail_out = (uInt)max};
    if (deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    int status = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return status == Z_STREAM_END ? z.total_out : 0;
}

/* Mutates the content as often as the compressed bytes, whose checksum is wrong then. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    static uint8_t plain[MAX_PLAIN], packed[MAX_PLAIN];
    size_t inside = seed % 2 ? unpack(data, size, plain) : 0;
    if (!inside) return LLVMFuzzerMutate(data, size, max);
    inside = LLVMFuzzerMutate(plain, inside, MAX_PLAIN);
    size_t n = pack(plain, inside, packed, sizeof packed);
    if (!n || n > max) return LLVMFuzzerMutate(data, size, max);
    memcpy(data, packed, n);
    return n;
}
