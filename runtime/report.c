#define _GNU_SOURCE
#include "report.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *program = "nngen";
static char last_problem[1024];

void report_program(const char *name) {
    program = name;
}

/* On a terminal a progress line may stand where the message goes. */
static void begin_line(void) {
    fflush(stdout);
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
    fprintf(stderr, "%s: ", program);
}

static void show(const char *format, va_list args) {
    vsnprintf(last_problem, sizeof last_problem, format, args);
    /* Names out of files must not steer a terminal. */
    for (char *c = last_problem; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = '?';
    begin_line();
    fprintf(stderr, "error: %s\n", last_problem);
}

bool problem(const char *format, ...) {
    va_list args;
    va_start(args, format);
    show(format, args);
    va_end(args);
    return false;
}

Status usage_problem(const char *format, ...) {
    va_list args;
    va_start(args, format);
    show(format, args);
    va_end(args);
    fprintf(stderr, "%s: see %s --help\n", program, program);
    return STATUS_USAGE;
}

void note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    begin_line();
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void json_line(FILE *out, json_t *value) {
    if (json_dumpf(value, out, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0) fputc('\n', out);
    fflush(out);
    json_decref(value);
}

json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *problem_text(void) {
    return last_problem;
}

static _Noreturn void out_of_memory(size_t bytes) {
    problem("out of memory: %zu bytes wanted", bytes);
    exit(STATUS_FAILED);
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory) out_of_memory(count > SIZE_MAX / (size ? size : 1) ? SIZE_MAX : count * size);
    return memory;
}

void *allocate_aligned(size_t alignment, size_t bytes) {
    void *memory = NULL;
    size_t wanted = bytes ? bytes : 1;
    if (posix_memalign(&memory, alignment, wanted) != 0) out_of_memory(bytes);
    memset(memory, 0, wanted);
    return memory;
}

void *reallocate(void *memory, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) out_of_memory(SIZE_MAX);
    size_t bytes = count * size;
    void *grown = realloc(memory, bytes > 0 ? bytes : 1);
    if (!grown) out_of_memory(bytes);
    return grown;
}

char *copy_text(const char *text) {
    size_t bytes = strlen(text) + 1;
    return memcpy(allocate(bytes, 1), text, bytes);
}

char *format_text(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) out_of_memory(0);
    char *text = allocate((size_t)length + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
