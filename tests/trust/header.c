/* Compares the constants of a generated header with the model. UPPER, SYMBOL and HEADER name them;
 * indices.inc has a line INDEX(fields, FIELD_LEFT) for each index. */
#include HEADER

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CONSTANT(name) JOIN(UPPER, name)

static int wrong;

static void equal(const char *what, size_t constant, size_t value) {
    if (constant == value) return;
    printf("%s: %zu in the header, %zu in the model\n", what, constant, value);
    wrong++;
}

/* The constant's name ends with the name that it is the index of, perhaps with a number after it.
 */
static void named(const char *constant, const char *name) {
    const char *at = strchr(constant, '_') + 1;
    for (; *name && *at; name++, at++)
        if (*at != (isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_')) break;
    if (!*name && strspn(at, "_0123456789") == strlen(at)) return;
    printf("%s is the index of %s\n", constant, name);
    wrong++;
}

int main(void) {
    const NnModel *m = &SYMBOL;
    int batch = 1;
    for (int i = 0; i < m->n_phases; i++)
        if (m->phases[i].batch > batch) batch = m->phases[i].batch;
    equal("state", CONSTANT(_STATE_BYTES), m->state_bytes);
    equal("work", CONSTANT(_WORK_BYTES), m->work_bytes(batch, 1));
    equal("work of one sample", CONSTANT(_WORK_BYTES_1), m->work_bytes(1, 1));
    equal("fields", CONSTANT(_FIELDS), (size_t)m->n_fields);
    equal("predictions", CONSTANT(_PREDICTIONS), (size_t)m->n_predictions);
    equal("metrics", CONSTANT(_METRICS), (size_t)m->n_metrics);
    equal("sums", CONSTANT(_SUMS), (size_t)m->n_sums);
    equal("params", CONSTANT(_PARAMS), (size_t)m->n_params);
#define INDEX(list, word) named(#word, m->list[CONSTANT(_##word)].name);
#include "indices.inc"
    return wrong;
}
