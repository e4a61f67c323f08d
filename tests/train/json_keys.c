/* Writes the paths of all keys in lines of JSON on standard input, each line an object:
 * "a.b", "list[].c". An empty list or object has its own path. Status 1 for anything else. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 1 << 20, DEEPEST = 512 };

static void tell(const json_t *value, const char *path) {
    char deeper[DEEPEST];
    const char *key;
    json_t *part;
    size_t i;
    if (json_is_object(value) && json_object_size(value) > 0) {
        json_object_foreach((json_t *)(size_t)value, key, part) {
            snprintf(deeper, sizeof deeper, "%s%s%s", path, *path ? "." : "", key);
            tell(part, deeper);
        }
    } else if (json_is_array(value)) {
        snprintf(deeper, sizeof deeper, "%s[]", path);
        if (json_array_size(value) == 0) puts(deeper);
        json_array_foreach(value, i, part) tell(part, deeper);
    } else {
        puts(path);
    }
}

int main(void) {
    static char line[LONGEST];
    while (fgets(line, sizeof line, stdin)) {
        json_error_t error;
        json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(value)) return fprintf(stderr, "%s: %s", error.text, line), 1;
        tell(value, "");
        json_decref(value);
    }
    return 0;
}
