/* Names of the files of a command, and which of them would replace each other. */
#define _GNU_SOURCE
#include "names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "digits.h"

/* The name behind the last slash. */
static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Inserts the text: "out/aux<text>.safetensors" for "out/aux.safetensors". */
static char *insert(const char *path, const char *text) {
    const char *base = base_of(path), *dot = strrchr(base, '.');
    if (!dot || dot == base) dot = base + strlen(base);
    return format_text("%.*s%s%s", (int)(dot - path), path, text, dot);
}

/* A device or a pipe has no files beside it. */
static bool saves_to_device(const Options *options) {
    struct stat info;
    const char *save = options->text[OPTION_SAVE];
    return save && stat(save, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

const char *weights_name(const Options *options, int64_t round) {
    const char *save = options->text[OPTION_SAVE];
    if (!save || options->number[OPTION_ROUNDS] == 1) return save;
    return insert(save, format_text(".%" PRId64, round));
}

const char *plot_name(const Options *options, int64_t round) {
    const char *plot = options->text[OPTION_PLOT];
    if (!plot || options->number[OPTION_ROUNDS] == 1) return plot;
    return insert(plot, format_text(".%" PRId64, round));
}

const char *events_name(const Options *options, int64_t round) {
    const char *folder = options->text[OPTION_TENSORBOARD];
    if (!folder || options->number[OPTION_ROUNDS] == 1) return folder;
    return format_text("%s/%" PRId64, folder, round);
}

const char *checkpoint_name(const NnModel *model, const Options *options, int64_t round) {
    if (!options->text[OPTION_SAVE]) return format_text("%s.interrupted.safetensors", model->name);
    if (saves_to_device(options)) return NULL;
    return insert(weights_name(options, round), ".checkpoint");
}

static bool is_there(const char *path) {
    struct stat info;
    return path && lstat(path, &info) == 0;
}

/* Whether this round or a later one has a file of that name already. */
static bool meets_files(const NnModel *model, const Options *options, int64_t round) {
    const size_t mark = memory_mark();
    bool found = false;
    for (int64_t r = round; !found && r < options->number[OPTION_ROUNDS]; r++)
        found = is_there(weights_name(options, r)) || is_there(checkpoint_name(model, options, r));
    memory_release(mark);
    return found;
}

/* "aux.safetensors", "aux-2.safetensors", ...: never a name that a round or a checkpoint has. */
static const char *nth_name(const char *path, int n) {
    return n == 1 ? base_of(path) : insert(base_of(path), format_text("-%d", n));
}

const char *save_here(const NnModel *model, const Options *options, int64_t round) {
    Options here = *options;
    const char *save = options->text[OPTION_SAVE];
    if (!save || base_of(save) == save) return NULL;
    for (int n = 1; n == 1 || meets_files(model, &here, round); n++)
        here.text[OPTION_SAVE] = nth_name(save, n);
    return here.text[OPTION_SAVE];
}

const char *log_still_possible(const char *log) {
    const char *base = base_of(log), *name = log;
    if (base == log || is_there(format_text("%.*s", (int)(base - log), log))) return log;
    for (int n = 1; n == 1 || is_there(name); n++) name = nth_name(log, n);
    return name;
}

const char *good_name(const Options *options) {
    const char *save = options->text[OPTION_SAVE];
    return save && !saves_to_device(options) ? format_text("%s.good", save) : NULL;
}

/* How a command uses a file. SAVED: it writes to --save, or to a name derived from it. */
typedef enum Use { READ, RESUMED, WRITTEN, SAVED } Use;

/* Two paths name one file if device and number are equal or, where there is no file yet, folder and
 * name. */
typedef struct Name {
    Use use;
    const char *role, *path;
    dev_t device;
    ino_t number;
    const char *base; /* "": the file is there */
    size_t order;     /* in which they were added */
} Name;

typedef struct Names {
    Name *all;
    size_t n, room;
} Names;

static void add(Names *names, Use use, const char *role, const char *path) {
    struct stat info;
    if (!path) return;
    const char *base = base_of(path);
    if (stat(path, &info) == 0) {
        /* A terminal or /dev/null may be named twice. */
        if (!S_ISREG(info.st_mode)) return;
        base = "";
    } else if (stat(base > path ? format_text("%.*s", (int)(base - path), path) : ".", &info) !=
               0) {
        return;
    }
    if (names->n == names->room) {
        const Name *before = names->all;
        names->room = 2 * names->room + 16;
        names->all = allocate(names->room, sizeof *names->all);
        if (before) memcpy(names->all, before, names->n * sizeof *before);
    }
    names->all[names->n] = (Name){use, role, path, info.st_dev, info.st_ino, base, names->n};
    names->n++;
}

static void add_option(Names *names, Use use, const Options *options, OptionId id) {
    add(names, use, format_text("--%s", option_name(id)), options->text[id]);
}

static void add_saved(Names *names, const NnModel *model, const Options *options) {
    add_option(names, SAVED, options, OPTION_SAVE);
    if (options->command && options->command->id != COMMAND_TRAIN) {
        add_option(names, WRITTEN, options, OPTION_PLOT);
        return;
    }
    add(names, SAVED, "the .good of --save", good_name(options));
    const int64_t rounds = options->number[OPTION_ROUNDS];
    for (int64_t r = 0; options->text[OPTION_PLOT] && r < rounds; r++)
        add(names, WRITTEN, "--plot", plot_name(options, r));
    const bool several = rounds > 1 && options->text[OPTION_SAVE];
    for (int64_t r = 0; several && r < rounds; r++) {
        const char *role = format_text("round %" PRId64 " of --save", r);
        add(names, SAVED, role, weights_name(options, r));
        add(names, SAVED, format_text("the checkpoint of %s", role),
            checkpoint_name(model, options, r));
    }
    if (!several) add(names, SAVED, "the checkpoint", checkpoint_name(model, options, 0));
}

static void add_data(Names *names, const NnModel *model, const Options *options) {
    const DataRequest request = options_data(options);
    const char *source = dataset_source(model, &request);
    const char *role = request.source ? "--data" : "the data";
    add(names, READ, role, source);
    for (int i = 0; i < 4; i++) add(names, READ, role, digits_path(source, i & 1, i & 2));
    for (int i = 0; i < CIFAR10_FILES; i++) add(names, READ, role, cifar10_path(source, i));
}

static int by_file(const void *a, const void *b) {
    const Name *x = a, *y = b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->base, y->base);
}

static int by_file_and_order(const void *a, const void *b) {
    const Name *x = a, *y = b;
    const int order = by_file(x, y);
    return order ? order : x->order < y->order ? -1 : 1;
}

static bool may_be_one(Use a, Use b) {
    if (a < WRITTEN && b < WRITTEN) return true;
    return (a == SAVED && b == RESUMED) || (a == RESUMED && b == SAVED);
}

bool names_differ(const NnModel *model, const Options *options) {
    const size_t mark = memory_mark();
    Names names = {0};
    add_saved(&names, model, options);
    add_option(&names, WRITTEN, options, OPTION_LOG);
    add_option(&names, WRITTEN, options, OPTION_PREDICTIONS);
    add_option(&names, WRITTEN, options, OPTION_OUT);
    add_data(&names, model, options);
    add_option(&names, RESUMED, options, OPTION_RESUME);
    add_option(&names, READ, options, OPTION_LOAD);
    if (names.n > 1) qsort(names.all, names.n, sizeof *names.all, by_file_and_order);
    bool ok = true;
    for (size_t i = 0; i < names.n; i++)
        for (size_t k = i + 1; ok && k < names.n && by_file(&names.all[i], &names.all[k]) == 0; k++)
            ok = may_be_one(names.all[i].use, names.all[k].use) ||
                 problem("%s and %s are the same file, %s", names.all[i].role, names.all[k].role,
                         names.all[i].path);
    memory_release(mark);
    return ok;
}
