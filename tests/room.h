/* Memory for tests in C that call a model by themselves. Comes after model.h. */
#ifndef TESTS_ROOM_H
#define TESTS_ROOM_H

#include <stdlib.h>
#include <string.h>

/* `bytes` zeros, aligned as states and work areas must be; without memory the program ends. The
 * block ends with `bytes` rounded up to the alignment. */
static void *room(size_t bytes) {
    const size_t whole = (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    void *memory = aligned_alloc(NN_ALIGN, whole ? whole : NN_ALIGN);
    if (!memory) abort();
    memset(memory, 0, whole ? whole : NN_ALIGN);
    return memory;
}

#endif
