/* Messages, JSON, and memory that a command releases at its end. */
#define _GNU_SOURCE
#include "report.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../common/clean.h"

static const char *program = "nngen";
static char last_problem[1024];
static bool silent;
static const char *held; /* words for the problems of this process, which are kept; NULL: shown */

static _Noreturn void out_of_memory(void);

/* Jansson's functions return NULL without memory; a list would then silently lack an item. */
static void *json_memory(size_t bytes) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory) out_of_memory();
    return memory;
}

void report_program(const char *name) {
    program = name;
    json_set_alloc_funcs(json_memory, free);
}

/* Whether a passing line is on the terminal. */
static bool standing;

bool report_terminal(void) {
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

void report_passing(const char *line) {
    if (!report_terminal()) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    /* One write, so that a reader never sees half of it. */
    fprintf(stderr, "\r%s\033[K", line);
    standing = true;
}

void report_clear(void) {
    if (standing) fputs("\r\033[K", stderr);
    standing = false;
}

/* One write: a process that others end, or that shares a terminal with them, says all or nothing.
 */
static void say_line(const char *kind, const char *words) {
    report_clear();
    fflush(stdout);
    fprintf(stderr, "%s: %s%s\n", program, kind, words);
}

static void show(const char *format, va_list args) {
    vsnprintf(last_problem, sizeof last_problem, format, args);
    clean_text(last_problem, sizeof last_problem, last_problem, strlen(last_problem));
    if (silent || held) return;
    say_line("error: ", last_problem);
}

void report_held(const char *words) {
    held = words;
}

void report_released(void) {
    if (!held) return;
    program = format_text("%s, %s", program, held);
    held = NULL;
    if (!last_problem[0]) return;
    say_line("error: ", last_problem);
}

void problems_shown(bool shown) {
    silent = !shown;
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
    if (!held) fprintf(stderr, "%s: see %s --help\n", program, program);
    return STATUS_USAGE;
}

void note(const char *format, ...) {
    va_list args;
    char *words = NULL;
    if (held) return;
    va_start(args, format);
    if (vasprintf(&words, format, args) < 0) out_of_memory();
    va_end(args);
    const size_t length = strlen(words);
    clean_text(words, length + 1, words, length);
    say_line("", words);
    free(words);
}

/* The fewest digits that read back as the same double; 15 always survive where it is normal. */
static int digits_of(double value) {
    char text[32];
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; digits < DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return digits;
}

/* Jansson gives all numbers of a value the same precision. */
static void write_json(FILE *out, json_t *value) {
    const char *key, *comma = "";
    json_t *part;
    size_t i;
    if (json_is_object(value)) {
        fputc('{', out);
        json_object_foreach(value, key, part) {
            json_t *name = json_string(key);
            fputs(comma, out);
            write_json(out, name);
            json_decref(name);
            fputc(':', out);
            write_json(out, part);
            comma = ",";
        }
        fputc('}', out);
    } else if (json_is_array(value)) {
        fputc('[', out);
        json_array_foreach(value, i, part) {
            fputs(comma, out);
            write_json(out, part);
            comma = ",";
        }
        fputc(']', out);
    } else {
        const size_t digits = json_is_real(value) ? (size_t)digits_of(json_real_value(value)) : 0;
        json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
    }
}

void json_line(FILE *out, json_t *value) {
    report_clear();
    write_json(out, value);
    fputc('\n', out);
    fflush(out);
    json_decref(value);
}

json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_float(float value) {
    char text[32];
    for (int digits = FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return json_number(isfinite(value) ? strtod(text, NULL) : (double)value);
}

json_t *json_integers(const int *values, int n) {
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, json_integer(values[i]));
    return list;
}

json_t *json_numbers(const double *values, int n) {
    if (!values) return json_null();
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, json_real(values[i]));
    return list;
}

json_t *json_strings(const char *const *strings, int n) {
    if (!strings) return json_null();
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, json_string(strings[i]));
    return list;
}

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *problem_text(void) {
    return last_problem;
}

/* Things to be released, the last first. */
static struct {
    void *thing;
    void (*release)(void *);
} * kept;
static size_t n_kept, room_kept;

/* Half-written files are removed with the rest. */
static _Noreturn void out_of_memory(void) {
    held = NULL;
    problems_shown(true);
    problem("out of memory");
    memory_release(0);
    exit(STATUS_FAILED);
}

void *keep(void *thing, void (*release)(void *)) {
    if (n_kept == room_kept) {
        const size_t room = 2 * room_kept + 64;
        void *more = realloc(kept, room * sizeof *kept);
        if (!more) {
            if (thing) release(thing);
            out_of_memory();
        }
        kept = more;
        room_kept = room;
    }
    if (!thing) out_of_memory();
    kept[n_kept].thing = thing;
    kept[n_kept++].release = release;
    return thing;
}

static void release_json(void *json) {
    json_decref(json);
}

json_t *keep_json(json_t *json) {
    return json ? keep(json, release_json) : NULL;
}

size_t memory_mark(void) {
    return n_kept;
}

void memory_release(size_t mark) {
    while (n_kept > mark) {
        n_kept--;
        kept[n_kept].release(kept[n_kept].thing);
    }
}

void *allocate(size_t count, size_t size) {
    enum { LINE = 64, HUGE_PAGE = 2 << 20 };
    if (count > (SIZE_MAX - 2 * HUGE_PAGE) / size) out_of_memory();
    /* Parameters and activations lie in huge pages where the system has them: small pages cost
     * address translation, and share cache sets by chance. Smaller arrays would waste most of a
     * page. */
    const size_t align = count * size > HUGE_PAGE / 2 ? HUGE_PAGE : LINE;
    const size_t bytes = count * size / align * align + align;
    if (align == LINE) return memset(keep(aligned_alloc(align, bytes), free), 0, bytes);
    /* Fresh pages are zero and cost nothing until they are written. An evaluation of few samples
     * writes few. */
    char *memory = keep(calloc(1, bytes + align), free);
    memory += align - (uintptr_t)memory % align;
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

char *format_text(const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) out_of_memory();
    va_end(args);
    return keep(text, free);
}
