/* Finds splits and classes in the names of folders. */
#include "layout.h"

#include <string.h>

#include "../common/datameta.h"
#include "../runtime/report.h"
#include "options.h"
#include "path.h"
#include "utf8.h"

/* Whether the folders at the top are splits: all of them, or none. */
static bool has_splits(const Job *job, const char *const *paths, bool *splits) {
    char room[ENTRY_SHOWN];
    const Files *files = &job->files;
    bool train = false;
    int64_t named = 0, n = 0, other = 0;
    for (int64_t i = 0; i < files->n; i++) {
        if (!files->entries[i].wanted) continue;
        const int split = path_first_split(paths[i]);
        n++;
        named += split >= 0;
        train = train || split == SPLIT_TRAIN;
        if (split < 0) other = i;
    }
    *splits = named == n;
    return *splits || !train ||
           problem(
               "%s: lies beside a folder train; the folders at the top are train, val and test, "
               "or classes",
               entry_shown(files, &files->entries[other], room));
}

/* The name of the folder that a path begins with, into `room`. */
static const char *folder_of(const char *path, char room[ENTRY_SHOWN]) {
    snprintf(room, ENTRY_SHOWN, "%.*s", (int)strcspn(path, "/"), path);
    return room;
}

/* Takes the splits off the paths; the paths are then CLASS/..., or without a class all of them, as
 * new data may be. */
static bool find_splits(const Job *job, Layout *layout, const char **paths) {
    char room[ENTRY_SHOWN];
    const Files *files = &job->files;
    const Entry *loose = NULL;
    bool splits, any_class = false;
    if (!has_splits(job, paths, &splits)) return false;
    for (int64_t i = 0; i < files->n; i++) {
        if (!files->entries[i].wanted) continue;
        if (splits) {
            layout->split[i] = (unsigned char)path_first_split(paths[i]);
            paths[i] += strcspn(paths[i], "/") + 1;
        }
        const bool has_class = strchr(paths[i], '/');
        any_class = any_class || has_class;
        if (!has_class && !loose) loose = &files->entries[i];
    }
    if (loose && (any_class || !job->like.path))
        return problem("%s: lies in no folder with the name of its class%s",
                       entry_shown(files, loose, room),
                       any_class ? "" : "; new data without classes takes --like D.safetensors");
    layout->classes = any_class ? allocate(1, sizeof *layout->classes) : NULL;
    return true;
}

/* The names of the training split, or those of an earlier file. */
static bool find_classes(const Job *job, const Layout *layout, const char *const *paths) {
    char room[ENTRY_SHOWN];
    const Files *files = &job->files;
    const json_t *earlier = like_names(&job->like, DATA_META_CLASSES, "class");
    bool any_train = false;
    if (job->like.path && !earlier)
        return problem("--like %s: has no classes of a label \"class\"", job->like.path);
    if (earlier) classes_fix(layout->classes, earlier);
    for (int64_t i = 0; i < files->n; i++)
        any_train = any_train || (files->entries[i].wanted && layout->split[i] == SPLIT_TRAIN);
    for (int64_t i = 0; i < files->n; i++) {
        if (!files->entries[i].wanted || (layout->split[i] != SPLIT_TRAIN && any_train)) continue;
        if (!is_utf8(folder_of(paths[i], room)))
            return problem("%s: the name of its class is no UTF-8",
                           entry_shown(files, &files->entries[i], room));
        classes_add(layout->classes, room);
    }
    classes_sort(layout->classes);
    return true;
}

static bool unknown_class(const Job *job, const Layout *layout, int64_t i, const char *class) {
    char room[ENTRY_SHOWN];
    entry_shown(&job->files, &job->files.entries[i], room);
    return job->like.path
               ? problem("%s: class \"%s\" is none of those in %s", room, class, job->like.path)
               : problem("%s: class \"%s\" is in %s, but not in train", room, class,
                         split_names[layout->split[i]]);
}

bool layout_find(const Job *job, Layout *layout) {
    const Files *files = &job->files;
    const size_t n = (size_t)files->n;
    *layout = (Layout){0};
    layout->split = allocate(n, sizeof *layout->split);
    layout->number = allocate(n, sizeof *layout->number);
    layout->row = allocate(n, sizeof *layout->row);
    const char **paths = allocate(n, sizeof *paths);
    for (int s = 0; s < files->n_sources; s++) {
        const Source *source = &files->sources[s];
        const size_t skip = common_folders(files, source, 3);
        for (int64_t i = source->first; i < source->first + source->n; i++)
            paths[i] = files->entries[i].name + (files->entries[i].wanted ? skip : 0);
    }
    if (!find_splits(job, layout, paths) || (layout->classes && !find_classes(job, layout, paths)))
        return false;
    for (int64_t i = 0; i < files->n; i++) {
        if (!files->entries[i].wanted) continue;
        layout->row[i] = layout->rows[layout->split[i]]++;
        if (!layout->classes) continue;
        char room[ENTRY_SHOWN];
        const char *class = folder_of(paths[i], room);
        layout->number[i] = classes_find(layout->classes, class);
        if (layout->number[i] < 0) return unknown_class(job, layout, i, class);
    }
    return true;
}

bool layout_declare(Job *job, Layout *layout, Field *samples) {
    memcpy(samples->rows, layout->rows, sizeof layout->rows);
    if (!layout->classes) return true;
    layout->class = label_add(&job->fields, "class", layout->classes);
    if (layout->class) memcpy(layout->class->rows, layout->rows, sizeof layout->rows);
    return layout->class;
}

bool layout_put(Job *job, const Layout *layout, int64_t index) {
    return !layout->class || label_put(&job->fields, layout->class, (SplitId)layout->split[index],
                                       layout->row[index], layout->number[index]);
}
