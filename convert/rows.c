/* Numbers rows. */
#include "rows.h"

#include <string.h>

void rows_number(const Files *files, SplitId (*split_of)(const char *name), int64_t *first,
                 int64_t rows[SPLIT_COUNT]) {
    memset(rows, 0, SPLIT_COUNT * sizeof *rows);
    for (int64_t i = 0; i < files->n; i++) {
        if (!files->entries[i].wanted) continue;
        int64_t *next = &rows[split_of(files->entries[i].name)];
        const int64_t n = first[i];
        first[i] = *next;
        *next += n;
    }
}
