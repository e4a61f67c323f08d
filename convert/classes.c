/* Numbers names. */
#include "classes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/report.h"

bool text_number(const char *text, double *value) {
    const char *c = text + (*text == '-' || *text == '+');
    const char *digits = c;
    c += strspn(c, "0123456789");
    size_t n = (size_t)(c - digits);
    if (*c == '.') {
        const size_t more = strspn(++c, "0123456789");
        n += more;
        c += more;
    }
    if (n == 0) return false;
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '-' || *c == '+';
        const size_t power = strspn(c, "0123456789");
        if (power == 0) return false;
        c += power;
    }
    if (*c) return false;
    *value = strtod(text, NULL);
    return true;
}

static uint32_t hash(const char *name) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The slot that holds the name, or the free one where it belongs. */
static int slot_of(const Classes *classes, const char *name) {
    int slot = (int)(hash(name) & (uint32_t)(classes->n_slots - 1));
    while (classes->slots[slot] && strcmp(classes->names[classes->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & (classes->n_slots - 1);
    return slot;
}

static void fill_slots(Classes *classes) {
    memset(classes->slots, 0, (size_t)classes->n_slots * sizeof *classes->slots);
    for (int i = 0; i < classes->n; i++)
        classes->slots[slot_of(classes, classes->names[i])] = i + 1;
}

static void grow(Classes *classes) {
    const int room = classes->room ? 2 * classes->room : 16;
    const char **more = allocate((size_t)room, sizeof *more);
    if (classes->n) memcpy(more, classes->names, (size_t)classes->n * sizeof *more);
    classes->names = more;
    classes->room = room;
    classes->n_slots = 4 * room;
    classes->slots = allocate((size_t)classes->n_slots, sizeof *classes->slots);
    fill_slots(classes);
}

int classes_find(const Classes *classes, const char *name) {
    return classes->n ? classes->slots[slot_of(classes, name)] - 1 : -1;
}

int classes_add(Classes *classes, const char *name) {
    const int found = classes_find(classes, name);
    if (found >= 0 || classes->fixed || classes->n == MOST_CLASSES) return found;
    if (classes->n == classes->room) grow(classes);
    classes->names[classes->n++] = format_text("%s", name);
    classes->slots[slot_of(classes, name)] = classes->n;
    return classes->n - 1;
}

static int by_name(const void *a, const void *b) {
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    double p = 0, q = 0;
    const bool number = text_number(x, &p), other = text_number(y, &q);
    if (number != other) return number ? -1 : 1;
    if (number && p != q) return p < q ? -1 : 1;
    return strcmp(x, y);
}

void classes_sort(Classes *classes) {
    if (classes->fixed || classes->n == 0) return;
    qsort(classes->names, (size_t)classes->n, sizeof *classes->names, by_name);
    fill_slots(classes);
}

void classes_fix(Classes *classes, const json_t *names) {
    for (size_t i = 0; i < json_array_size(names); i++)
        classes_add(classes, json_string_value(json_array_get(names, i)));
    classes->fixed = true;
}

json_t *classes_json(const Classes *classes) {
    json_t *list = json_array();
    for (int i = 0; i < classes->n; i++)
        json_array_append_new(list, json_string(classes->names[i]));
    return list;
}
