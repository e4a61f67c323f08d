/* --map: other names of arrays in data files. */
#include <string.h>

#include "../common/nearest.h"
#include "dataset.h"

/* An item of the map, "train/image=x_train". `split` -1: any. */
typedef struct Item {
    int split;
    const char *field, *array;
} Item;

/* The item at *map, which goes behind it. False: it is none. */
static bool next_item(const char **map, Item *item) {
    const char *from = *map;
    const int length = (int)strcspn(from, ","), name = (int)strcspn(from, "=,");
    *map = from + length + (from[length] == ',');
    item->field = format_text("%.*s", name, from);
    item->array = format_text("%.*s", length - name - 1, from + name + 1);
    item->split = -1;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        const size_t n = strlen(split_names[s]);
        if (strncmp(item->field, split_names[s], n) != 0 || item->field[n] != '/') continue;
        item->split = s;
        item->field += n + 1;
        break;
    }
    return name > 0 && from[name] == '=' && length > name + 1;
}

/* The array that an item for one split means: of that whole name, else of the split, else of the
 * training split, where `nngen data` puts what NumPy's file has without one. */
static const char *named_array(const TensorFile *file, const char *name, const char *below) {
    const char *train = format_text("%s/%s", split_names[SPLIT_TRAIN], name);
    if (tensors_find(file, name)) return name;
    return tensors_find(file, below) ? below : tensors_find(file, train) ? train : name;
}

const char *map_array(const DataRequest *request, const TensorFile *file, SplitId split,
                      const NnField *field) {
    const char *array = field->array ? field->array : field->name;
    const char *name = format_text("%s/%s", split_names[split], array);
    Item item;
    for (const char *map = request->map ? request->map : ""; *map;) {
        next_item(&map, &item);
        if (strcmp(item.field, field->name) != 0) continue;
        const char *below = format_text("%s/%s", split_names[split], item.array);
        if (item.split == (int)split) return named_array(file, item.array, below);
        if (item.split >= 0) continue;
        name = below;
        /* Without splits in its names a file has training samples alone. */
        if (split == SPLIT_TRAIN && !tensors_find(file, name) && tensors_find(file, item.array))
            name = item.array;
    }
    return name;
}

bool map_fits(const NnModel *model, const DataRequest *request) {
    Item item;
    for (const char *map = request->map ? request->map : ""; *map;) {
        const char *from = map;
        if (!next_item(&map, &item))
            return problem("--map: image=x_train or train/image=x_train wanted, not \"%.*s\"",
                           (int)strcspn(from, ","), from);
        if (model_field(model, item.field)) continue;
        const char **names = allocate((size_t)model->n_fields + 1, sizeof *names), *list = "";
        for (int i = 0; i < model->n_fields; i++) {
            names[i] = model->fields[i].name;
            list = format_text("%s%s%s", list, i ? ", " : "", names[i]);
        }
        const char *near = nearest_name(item.field, names);
        return near ? problem("--map: the model reads no field \"%s\"; did you mean \"%s\"?",
                              item.field, near)
                    : problem("--map: the model reads no field \"%s\"; it reads %s", item.field,
                              list);
    }
    return true;
}
