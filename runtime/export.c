/* export: a trained model for other programs. */
#include "constant.h"
#include "entries.h"
#include "file.h"
#include "weights.h"

static bool write_constant(const Engine *engine, const char *path) {
    NewFile *file = output_open(path);
    if (!file) return false;
    constant_write(file->stream, engine->model, engine->state);
    return output_commit(file);
}

bool export_command(const NnModel *model, const Options *options) {
    Engine engine;
    return engine_open(&engine, model, options, 1, NULL) &&
           weights_load(&engine, options->text[OPTION_LOAD]) &&
           write_constant(&engine, options->text[OPTION_C]);
}
