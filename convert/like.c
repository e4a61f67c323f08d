/* Reads the metadata of a data file. */
#include "like.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../runtime/dataset.h"
#include "../runtime/file.h"
#include "../runtime/report.h"

enum { MAX_HEADER = 100 * 1000 * 1000 };

/* Exactly `n` bytes. */
static bool read_bytes(int fd, void *to, size_t n) {
    for (size_t have = 0; have < n;) {
        const ssize_t got = read(fd, (char *)to + have, n - have);
        if (got <= 0) return false;
        have += (size_t)got;
    }
    return true;
}

bool like_read(Like *like, const char *path) {
    uint64_t length = 0;
    const int fd = file_open(path);
    if (fd < 0) return false;
    char *text = NULL;
    if (read_bytes(fd, &length, sizeof length) && length <= MAX_HEADER)
        text = malloc((size_t)length + 1);
    json_t *header = NULL;
    if (text && read_bytes(fd, text, (size_t)length))
        header = keep_json(json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, NULL));
    free(text);
    close(fd);
    if (!json_is_object(header)) return problem("--like %s: is no data file", path);
    *like = (Like){.path = path, .header = header, .meta = json_object_get(header, "__metadata__")};
    return true;
}

json_t *like_value(const Like *like, const char *key, const char *name) {
    const char *text =
        json_string_value(json_object_get(like->meta, format_text("%s%s", key, name)));
    return text ? keep_json(json_loads(text, JSON_DECODE_ANY, NULL)) : NULL;
}

json_t *like_names(const Like *like, const char *key, const char *name) {
    json_t *list = like_value(like, key, name), *item;
    size_t i;
    bool ok = json_is_array(list);
    json_array_foreach(list, i, item) ok = ok && json_is_string(item);
    return ok ? list : NULL;
}

json_t *like_numbers(const Like *like, const char *key, const char *name) {
    json_t *object = like_value(like, key, name), *item;
    const char *member;
    bool ok = json_is_object(object);
    json_object_foreach(object, member, item) ok = ok && json_is_number(item);
    return ok ? object : NULL;
}

int64_t like_size(const Like *like, const char *name, size_t axis) {
    for (int s = 0; s < SPLIT_COUNT; s++) {
        const json_t *array =
            json_object_get(like->header, format_text("%s/%s", split_names[s], name));
        const json_t *size = json_array_get(json_object_get(array, "shape"), axis + 1);
        if (json_is_integer(size)) return json_integer_value(size);
    }
    return -1;
}
