/* export: a trained model for other programs. */
#include "onnx/export.h"
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

static bool write_onnx(const Engine *engine, const Options *options, const char *path) {
#ifdef NNGEN_ONNX
    return onnx_write(engine, option_given(options, OPTION_NO_NORMALIZE), path);
#else
    (void)engine, (void)options;
    return problem("%s: this program was built without protobuf-c (Debian: libprotobuf-c-dev "
                   "protobuf-c-compiler), which --onnx needs",
                   path);
#endif
}

bool export_command(const NnModel *model, const Options *options) {
    const char *c = options->text[OPTION_C], *onnx = options->text[OPTION_ONNX];
    Engine engine;
    return engine_open(&engine, model, options, 1, NULL) &&
           weights_load(&engine, options->text[OPTION_LOAD]) &&
           (!c || write_constant(&engine, c)) && (!onnx || write_onnx(&engine, options, onnx));
}
