/* Parts of file names. */
#include "path.h"

#include <string.h>
#include <strings.h>

const char *path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

SplitId path_split(const char *path) {
    for (;; path++) {
        const size_t n = strcspn(path, "/"), stem = strcspn(path, "/.");
        for (int s = 0; s < SPLIT_COUNT; s++) {
            const size_t m = strlen(split_names[s]);
            if (memcmp(split_names[s], path, m < n ? m : n) == 0 && (path[n] ? n : stem) == m)
                return (SplitId)s;
        }
        path += n;
        if (!*path) return SPLIT_TRAIN;
    }
}

bool has_ending(const char *name, const char *ending) {
    const size_t n = strlen(name), m = strlen(ending);
    return n > m && strcasecmp(name + n - m, ending) == 0;
}

int path_first_split(const char *path) {
    const size_t n = strcspn(path, "/");
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (strlen(split_names[s]) == n && memcmp(path, split_names[s], n) == 0) return s;
    return -1;
}
