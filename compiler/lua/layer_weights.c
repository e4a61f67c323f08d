/* Parameters of layers, made at the first call for the size of its input. */
#include "layer.h"

const char *layer_weights_name(lua_State *L, const Layer *layer, const char *what) {
    Front *f = front_of(L);
    const char *name = arena_printf(f->arena, "%s.%s", layer->name, what);
    const Node *other = name_tensor(L, name);
    if (!other) return name;
    diag_error(f->diag, layer->loc, "%s \"%s\": another layer has a parameter \"%s\"",
               layer->kind->name, layer->name, name);
    diag_note(f->diag, other->loc, "the other one is here");
    return NULL;
}

Node *layer_weights_add(lua_State *L, const Layer *layer, const char *what, Shape s,
                        const Init *init, double fan_in, double fan_out) {
    Front *f = front_of(L);
    double count = 1;
    for (int i = 0; i < s.rank; i++) count *= s.dim[i];
    if (count > (double)MAX_WEIGHTS) {
        diag_error(f->diag, layer->loc, "%s \"%s\": has %.10g weights; at most %d are possible",
                   layer->kind->name, layer->name, count, MAX_WEIGHTS);
        return front_poison(L);
    }
    const char *name = layer_weights_name(L, layer, what);
    if (!name || !init_fits(L, init, layer->loc, name, s)) return front_poison(L);
    return init_param(L, layer->loc, name, s, init, fan_in, fan_out);
}

static bool counts_channels(const Op *op) {
    return op == &op_conv2d || op == &op_conv_transpose2d || op == &op_batch_norm ||
           op == &op_group_norm;
}

bool layer_weights_fit(lua_State *L, const Layer *layer, Loc loc, int in) {
    if (!layer->weight || layer->in == in) return true;
    diag_error(front_of(L)->diag, loc,
               "%s \"%s\": its weights are for inputs of %d %s%s since its first use (%s:%d), got "
               "%d",
               layer->kind->name, layer->name, layer->in,
               counts_channels(layer->kind->op) ? "channel" : "feature", layer->in == 1 ? "" : "s",
               layer->first_use.file, layer->first_use.line, in);
    return false;
}

bool layer_weights_error(lua_State *L, const Layer *layer, Node *x, Loc loc, const char *format,
                         ...) {
    const Op named = {.name = layer->kind->name};
    va_list args;
    va_start(args, format);
    const char *words = arena_vprintf(front_of(L)->arena, format, args);
    va_end(args);
    const Node probe = {.op = &named, .name = layer->name, .loc = loc, .n_in = x ? 1 : 0, .in = &x};
    return op_error(front_of(L)->graph, &probe, x ? 0 : -1, "%s", words);
}

bool layer_weights_want(lua_State *L, const Layer *layer, Node *x, Loc loc, int rank,
                        const char *words) {
    if (x->type.kind == KIND_ERROR) return false;
    if (x->type.kind == KIND_SAMPLE && !x->type.classes && x->type.shape.rank == rank) return true;
    return layer_weights_error(L, layer, x, loc, "wants %s", words);
}
