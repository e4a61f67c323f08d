/* Sources of nngen data, by the readers that are its own code. The first byte chooses the reader,
 * the second has bits for options; of IDX files two more bytes are the length of the labels' file,
 * which the one of images follows. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "convert/job.h"
#include "convert/options.h"
#include "input.h"

enum { HEAD = 2, CUT = 1, LABEL = 2, TARGET = 4, CATEGORICAL = 8, STRICT = 16 };

/* A file in memory; its path into `path`. */
static int make_file(const uint8_t *bytes, size_t n, char path[64]) {
    const int file = memfd_create("source", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, n) != (ssize_t)n) abort();
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

static const Reader *reader_of(uint8_t byte) {
    static const char *const kinds[] = {"numpy", "idx", "cifar10", "csv", "text"};
    const char *kind = kinds[byte % (sizeof kinds / sizeof *kinds)];
    for (int i = 0; all_readers[i]; i++)
        if (strcmp(all_readers[i]->kind, kind) == 0) return all_readers[i];
    abort();
}

static const char *output_path(void) {
    static char path[64];
    snprintf(path, sizeof path, "%s/nngen-fuzz-%ld.safetensors",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *names[] = {"a", "b", "c"};
    static const uint8_t use_bits[] = {LABEL, TARGET, CATEGORICAL};
    char path[64], other[64];
    const char *sources[] = {path, other};
    if (size < HEAD + 2) return 0;
    const uint8_t bits = data[1];
    Options options = {.sources = sources,
                       .n_sources = 1,
                       .output = output_path(),
                       .as = reader_of(data[0]),
                       .cut = {.val = bits & CUT ? 0.25 : -1, .test = -1},
                       .missing_error = (bits & STRICT) != 0,
                       .quiet = true};
    for (int i = 0; i < 3; i++) {
        const ColumnUse uses[] = {COLUMN_LABEL, COLUMN_TARGET, COLUMN_CATEGORICAL};
        if (bits & use_bits[i]) options.columns[uses[i]] = (Names){.list = names + i, .n = 1};
    }
    size_t at = HEAD, first = size - HEAD;
    int second = -1;
    if (strcmp(options.as->kind, "idx") == 0) {
        at += 2;
        first = (size_t)data[2] | (size_t)data[3] << 8;
        if (first > size - at) first = size - at;
        second = make_file(data + at + first, size - at - first, other);
        options.n_sources = 2;
    }
    const int file = make_file(data + at, first, path);
    job_run(&options);
    memory_release(0);
    unlink(output_path());
    close(file);
    if (second >= 0) close(second);
    return 0;
}
