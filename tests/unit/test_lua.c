/* The front end: what a file means, and what it cannot do. Its messages are tested by
 * tests/golden/errors. */
#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <math.h>

#include "../suite.h"

#include "compiler/graph/layers.h"
#include "compiler/lua/frontend.h"
#include "compiler/ops/ops.h"
#include "compiler/optimizers/optimizers.h"
#include "compiler/passes/differentiate.h"

#ifndef NNGEN_SOURCE
#define NNGEN_SOURCE "."
#endif

static Arena *arena;
static Sources sources;

static void begin(void) {
    arena = arena_new();
}

static void end(void) {
    arena_free(arena);
}

static Graph *load(const char *path, const Define *defines, int n) {
    Diag *diag = diag_new(arena);
    sources = (Sources){0};
    Graph *g = frontend_load(arena, diag, path, defines, n, false, &sources);
    if (!g) diag_print(diag, stderr);
    return g;
}

static Graph *architecture(const char *name) {
    return load(arena_printf(arena, NNGEN_SOURCE "/arch/%s.lua", name), NULL, 0);
}

/* The graph of a text. */
static Graph *graph_of(const char *text, const Define *defines, int n) {
    char path[] = "/tmp/nngen-lua-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    Graph *g = load(path, defines, n);
    unlink(path);
    return g;
}

/* A model whose loss is the mean square of `expression`; `setup` goes before it. */
static Graph *model_of(const char *setup, const char *expression) {
    return graph_of(arena_printf(arena,
                                 "local nn = require 'nn'\n"
                                 "local x = nn.input('x', {3, 8, 8})\n"
                                 "local v = nn.flatten(x)\n%s\n"
                                 "return nn.model { name = 'm', train = { epochs = 2, batch = 4,\n"
                                 "optimizer = nn.sgd {}, loss = nn.mse(%s, 0) } }\n",
                                 setup, expression),
                    NULL, 0);
}

static Node *param_named(const Graph *g, const char *name) {
    int n;
    Node **params = graph_nodes_of(g, "param", &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(params[i]->name, name)) return params[i];
    ck_abort_msg("no parameter %s", name);
}

static int64_t elements(const Graph *g) {
    int n;
    int64_t sum = 0;
    Node **params = graph_nodes_of(g, "param", &n);
    for (int i = 0; i < n; i++) sum += shape_count(params[i]->type.shape);
    return sum;
}

static int64_t trained(const Phase *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_trained; i++) sum += shape_count(p->trained[i].param->type.shape);
    return sum;
}

START_TEST(the_study) {
    static const struct {
        const char *name;
        int64_t params, forward, train;
    } study[] = {{"mlp", 146588, 292216, 669672},       {"cnn", 60278, 837648, 2347056},
                 {"sharing", 63242, 1515536, 4380720},  {"aux", 64092, 1518896, 4390800},
                 {"transfer", 64092, 1512096, 4370400}, {"digit", 60670, 1512096, 4370400}};
    for (size_t i = 0; i < sizeof study / sizeof *study; i++) {
        Graph *g = architecture(study[i].name);
        ck_assert_ptr_nonnull(g);
        ck_assert_str_eq(g->name, study[i].name);
        ck_assert_str_eq(g->data, "mnist-pairs");
        ck_assert_int_eq(elements(g), study[i].params);
        ck_assert(differentiate(g));
        int64_t forward, train;
        layers_flops(g, 0, &forward, &train);
        ck_assert_int_eq(forward, study[i].forward);
        ck_assert_int_eq(train, study[i].train);
        if (!strcmp(study[i].name, "transfer")) {
            ck_assert_int_eq(g->n_phases, 2);
            ck_assert_int_eq(trained(&g->phases[0]), 60670);
            ck_assert_int_eq(trained(&g->phases[1]), 44426);
        } else {
            ck_assert_int_eq(trained(&g->phases[0]), study[i].params);
        }
    }
}
END_TEST

START_TEST(loaded_files_are_listed) {
    ck_assert_ptr_nonnull(architecture("aux"));
    ck_assert_int_eq(sources.n_files, 2);
    ck_assert_str_eq(sources.files[0].name, "aux.lua");
    ck_assert_str_eq(sources.files[1].name, "trunk.lua");
    ck_assert_uint_eq(sources.files[1].length, strlen(sources.files[1].text));
}
END_TEST

START_TEST(same_text_in_every_run) {
    const char *first = graph_dump(arena, architecture("aux"));
    for (int i = 0; i < 3; i++) ck_assert_str_eq(graph_dump(arena, architecture("aux")), first);
    const char *setup = "local t, order = {}, {}\n"
                        "for i = 1, 50 do t['k' .. i % 50] = i end\n"
                        "for k in pairs(t) do order[#order + 1] = k end\n"
                        "table.sort(order, function(a, b) return true end)\n"
                        "assert(tostring({}) == 'table' and tostring(print) == 'function')\n"
                        "assert(tostring(0 / 0) == 'nan' and tostring(-(0 / 0)) == 'nan')\n"
                        "assert(('%g %.1f'):format(0 / 0, -(0 / 0)) == 'nan nan')\n"
                        "assert(('%s'):format(t) == 'table')\n"
                        "v = nn.linear { name = order[1], out = #order }(v)\n";
    first = graph_dump(arena, model_of(setup, "v"));
    for (int i = 0; i < 3; i++) ck_assert_str_eq(graph_dump(arena, model_of(setup, "v")), first);
}
END_TEST

/* Numbers in the file, on the command line and in the dump have a point in every language. */
START_TEST(same_text_in_every_locale) {
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "pl_PL.UTF-8",
                                          "de_DE"};
    static const char setup[] = "v = nn.linear { out = 3, init = nn.normal(0.5, 1.25) }(v)\n"
                                "local t = {}\n"
                                "for _, k in ipairs { 'b', 'A', 'a', 'B', '_' } do t[k] = 1 end\n"
                                "for k in pairs(t) do v = nn.linear { name = k, out = 2 }(v) end\n"
                                "v = v * (nn.param('scale', 0.125) + 1.5)";
    const char *plain = graph_dump(arena, model_of(setup, "v"));
    ck_assert_ptr_nonnull(strstr(plain, "1.25"));
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (!setlocale(LC_ALL, locales[i])) continue;
        const char *text = graph_dump(arena, model_of(setup, "v"));
        setlocale(LC_ALL, "C");
        ck_assert_str_eq(text, plain);
    }
}
END_TEST

START_TEST(a_layer_more_changes_no_other) {
    static const char setup[] =
        "%sv = nn.dropout { name = 'drop' }(nn.linear { name = 'fc', out = 3 "
        "}(v))";
    Graph *g = model_of(arena_printf(arena, setup, ""), "v");
    Graph *more = model_of(
        arena_printf(arena, setup, "local w = nn.tanh(nn.linear { out = 192 }(v))\nv = v + w\n"),
        "v");
    const Node *a = param_named(g, "fc.weight"), *b = param_named(more, "fc.weight");
    ck_assert(attrs_equal(&op_param, &a->attrs, &b->attrs));
    int n;
    ck_assert_uint_eq(dropout_attrs(graph_nodes_of(g, "dropout", &n)[0])->stream,
                      dropout_attrs(graph_nodes_of(more, "dropout", &n)[0])->stream);
}
END_TEST

START_TEST(functions_can_be_chained) {
    Graph *g =
        model_of("local function residual(body)\n"
                 "  return function(x) return nn.relu(x + body(x)) end\n"
                 "end\n"
                 "local block = nn.sequential { nn.linear { name = 'in', out = 192 },\n"
                 "  function(x) return x * 2 end, nn.sequential { nn.tanh, nn.sequential {} } }\n"
                 "local twice = nn.sequential { residual(block), residual(block) }",
                 "twice(v)");
    int n;
    graph_nodes_of(g, "linear", &n);
    ck_assert_int_eq(n, 2);
    graph_nodes_of(g, "tanh", &n);
    ck_assert_int_eq(n, 2);
    ck_assert_int_eq(elements(g), 192 * 192 + 192);
}
END_TEST

START_TEST(targets_are_nodes_or_numbers) {
    static const char *const losses[] = {
        "nn.mse(y, t)",
        "nn.mse(y, 0.5)",
        "nn.mse(y, -y)",
        "nn.mse(y, 1 - t)",
        "nn.bce_with_logits(y, t)",
        "nn.bce_with_logits(y, 1)",
        "2 * nn.mse(y, t) - nn.bce_with_logits(y, nn.sigmoid(y)) * nn.max(0, 1 - nn.step / 9)"};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        Graph *g =
            graph_of(arena_printf(arena,
                                  "local nn = require 'nn'\n"
                                  "local t = nn.target('t', {2})\n"
                                  "local y = nn.linear { out = 2 }(nn.input('x', {3}))\n"
                                  "return nn.model { train = { epochs = 1, batch = 1, loss = %s,\n"
                                  "  optimizer = nn.sgd { lr = 0.1 * nn.exp(-nn.epoch) } } }\n",
                                  losses[i]),
                     NULL, 0);
        ck_assert_ptr_nonnull(g);
        ck_assert(differentiate(g));
        ck_assert_int_eq(trained(&g->phases[0]), 8);
    }
}
END_TEST

START_TEST(schedules_take_many_numbers) {
    Graph *g =
        model_of("local s = nn.min(1, nn.step / 10, nn.max(2, nn.steps), nn.cos(nn.epochs))\n"
                 "s = -s / 2 + nn.exp(0) * (3 - nn.epoch)\n"
                 "v = nn.linear { out = 2 }(v)",
                 "s * v");
    int n;
    graph_nodes_of(g, "min", &n);
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(g->phases[0].loss->type.kind, KIND_SCALAR);
}
END_TEST

START_TEST(frozen_layers_keep_all_they_have) {
    Graph *g = architecture("transfer");
    ck_assert_int_eq(g->phases[0].n_frozen, 0);
    ck_assert_int_eq(g->phases[1].n_frozen, 4);
    for (int i = 0; i < 4; i++) ck_assert(!strncmp(g->phases[1].frozen[i]->name, "conv", 4));
    ck_assert(differentiate(g));
    for (int i = 0; i < g->phases[1].n_trained; i++)
        ck_assert_int_ne(strncmp(g->phases[1].trained[i].param->name, "conv", 4), 0);
}
END_TEST

START_TEST(a_layer_used_twice_has_one_set_of_weights) {
    Graph *g = model_of("local f = nn.linear { name = 'f', out = 192 }", "f(f(v))");
    ck_assert_int_eq(elements(g), 192 * 192 + 192);
    int n;
    ck_assert_ptr_nonnull(graph_nodes_of(g, "linear", &n));
    ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(unnamed_layers_are_numbered_by_kind) {
    Graph *g = model_of("local c = nn.conv2d { out = 2, kernel = {3, 1} }(x)\n"
                        "v = nn.linear { out = 3 }(nn.flatten(c))\n"
                        "v = nn.linear { name = 'linear_2', out = 3 }(v)\n"
                        "v = nn.linear { out = 3, bias = false }(v)",
                        "v");
    Shape kernel = {4, {2, 3, 3, 1}};
    ck_assert(shape_equal(param_named(g, "conv2d_1.weight")->type.shape, kernel));
    param_named(g, "linear_1.bias");
    param_named(g, "linear_2.weight");
    param_named(g, "linear_3.weight");
    int n;
    graph_nodes_of(g, "param", &n);
    ck_assert_int_eq(n, 7);
}
END_TEST

static void check_init(const Graph *g, const char *name, int kind, double a, double b) {
    const ParamAttrs *p = ATTRS(param_named(g, name), ParamAttrs);
    ck_assert_int_eq(p->init, kind);
    ck_assert_double_eq_tol(p->a, a, 1e-12);
    ck_assert_double_eq_tol(p->b, b, 1e-12);
}

/* The numbers are those of torch.nn.init. */
START_TEST(initial_values_are_pytorchs) {
    Graph *g =
        model_of("local function f(name, init) v = nn.linear { name = name, out = 192, init = init "
                 "}(v) end\n"
                 "f('default')\n"
                 "f('uniform', nn.uniform(-0.5, 0.25))\n"
                 "f('normal', nn.normal { std = 0.02 })\n"
                 "f('both', { weight = nn.ones, bias = nn.constant(0.1) })\n"
                 "f('he', nn.kaiming_uniform)\n"
                 "f('he_leaky', nn.kaiming_normal(0.2))\n"
                 "f('glorot', nn.xavier_uniform { gain = 2 })\n"
                 "f('glorot_normal', nn.xavier_normal())\n"
                 "local c = nn.conv2d { name = 'conv', out = 6, kernel = 3, groups = 3 }(x)\n"
                 "v = nn.linear { out = 2 }(nn.concat { v, nn.flatten(c) })",
                 "v");
    double bound = 1 / sqrt(192.0);
    check_init(g, "default.weight", INIT_UNIFORM, -bound, bound);
    check_init(g, "default.bias", INIT_UNIFORM, -bound, bound);
    check_init(g, "uniform.weight", INIT_UNIFORM, -0.5, 0.25);
    check_init(g, "uniform.bias", INIT_UNIFORM, -bound, bound);
    check_init(g, "normal.weight", INIT_NORMAL, 0, 0.02);
    check_init(g, "both.weight", INIT_CONSTANT, 1, 0);
    check_init(g, "both.bias", INIT_CONSTANT, 0.1, 0);
    check_init(g, "he.weight", INIT_UNIFORM, -sqrt(6.0 / 192), sqrt(6.0 / 192));
    check_init(g, "he_leaky.weight", INIT_NORMAL, 0, sqrt(2 / 1.04 / 192));
    check_init(g, "glorot.weight", INIT_UNIFORM, -2 * sqrt(6.0 / 384), 2 * sqrt(6.0 / 384));
    check_init(g, "glorot_normal.weight", INIT_NORMAL, 0, sqrt(2.0 / 384));
    check_init(g, "conv.weight", INIT_UNIFORM, -1.0 / 3, 1.0 / 3);
}
END_TEST

START_TEST(options_reach_the_nodes) {
    Graph *g = model_of("local c = nn.conv2d { out = 4, kernel = 3, stride = {1, 2}, padding = 2, "
                        "dilation = 2 }(x)\n"
                        "c = nn.max_pool2d { kernel = {2, 3}, stride = 1, padding = {1, 0} }(c)\n"
                        "c = nn.avg_pool2d { kernel = 2 }(c)\n"
                        "v = nn.leaky_relu { slope = 0.2 }(nn.flatten(c))",
                        "v");
    int n;
    const ConvAttrs *conv = ATTRS(graph_nodes_of(g, "conv2d", &n)[0], ConvAttrs);
    ck_assert_int_eq(conv->stride[0], 1);
    ck_assert_int_eq(conv->stride[1], 2);
    ck_assert_int_eq(conv->pad[0], 2);
    ck_assert_int_eq(conv->dilation[1], 2);
    const PoolAttrs *pool = ATTRS(graph_nodes_of(g, "max_pool2d", &n)[0], PoolAttrs);
    ck_assert_int_eq(pool->kernel[1], 3);
    ck_assert_int_eq(pool->stride[1], 1);
    ck_assert_int_eq(pool->pad[0], 1);
    pool = ATTRS(graph_nodes_of(g, "avg_pool2d", &n)[0], PoolAttrs);
    ck_assert_int_eq(pool->stride[0], 2);
    const Node *leaky = graph_nodes_of(g, "leaky_relu", &n)[0];
    ck_assert_double_eq(ATTRS(leaky, LeakyAttrs)->slope, 0.2);
}
END_TEST

START_TEST(uses_of_a_dropout_draw_differently) {
    Graph *g = model_of("local d = nn.dropout { name = 'drop', p = 0.25 }\n"
                        "local w = nn.linear { out = 192 }\n"
                        "local other = nn.dropout {}",
                        "other(d(w(d(v))))");
    int n;
    Node **drops = graph_nodes_of(g, "dropout", &n);
    ck_assert_int_eq(n, 3);
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq(dropout_attrs(drops[i])->p, 0.25);
        ck_assert_uint_eq(dropout_attrs(drops[i])->stream, dropout_stream("drop"));
        ck_assert_int_eq(dropout_attrs(drops[i])->application, i);
    }
    ck_assert_double_eq(dropout_attrs(drops[2])->p, 0.5);
    ck_assert_str_eq(drops[2]->name, "dropout_1");
}
END_TEST

/* Of operands that all samples share each gets a copy where something is drawn for it. */
START_TEST(draws_are_for_each_sample) {
    Graph *g = model_of("local q = nn.parameter('q', {4, 8}, { init = nn.ones })\n"
                        "local attend = nn.scaled_dot_product_attention\n"
                        "local a = attend(q, q, q, { dropout = 0.5 }) + attend(q, q, q)",
                        "v + nn.sum(a) + nn.randn {}");
    int n;
    Node **a = graph_nodes_of(g, "attention", &n);
    ck_assert(n == 2 && !a[0]->type.once && a[1]->type.once);
    ck_assert(!graph_nodes_of(g, "randn", &n)[0]->type.once);
}
END_TEST

START_TEST(words_are_layers_of_defaults_and_take_options) {
    Graph *g = model_of("local v2 = nn.leaky_relu(v)\n"
                        "local chain = nn.sequential { nn.leaky_relu, nn.dropout, nn.dropout }\n"
                        "local v3 = nn.leaky_relu { slope = 0.25 }(v2)",
                        "nn.leaky_relu {}(chain(v3))");
    int n;
    Node **leaky = graph_nodes_of(g, "leaky_relu", &n);
    ck_assert_int_eq(n, 4);
    for (int i = 0; i < n; i++)
        ck_assert_double_eq(ATTRS(leaky[i], LeakyAttrs)->slope, i == 1 ? 0.25 : 0.01);
    Node **drops = graph_nodes_of(g, "dropout", &n);
    ck_assert_int_eq(n, 2);
    ck_assert_str_eq(drops[0]->name, "dropout_1");
    ck_assert_str_eq(drops[1]->name, "dropout_2");
}
END_TEST

START_TEST(optimizers_have_pytorchs_defaults) {
    static const char text[] =
        "local nn = require 'nn'\n"
        "local x = nn.linear { out = 2 }(nn.input('x', {3}))\n"
        "local function phase(o) return { epochs = 1, batch = 5, optimizer = o,\n"
        "  loss = nn.mse(x, nn.target('t', {2})), shuffle = false } end\n"
        "return nn.model { train = { phase(nn.sgd { momentum = 0.9, nesterov = true }),\n"
        "  phase(nn.adam { lr = 1e-2 * nn.max(1 - nn.epoch / nn.epochs, 0.1) }), phase(nn.adamw "
        "{}),\n"
        "  phase(nn.rmsprop {}) } }\n";
    Graph *g = graph_of(text, NULL, 0);
    ck_assert_ptr_nonnull(g);
    ck_assert_int_eq(g->n_phases, 4);
    ck_assert(!g->phases[0].shuffle);
    Optimizer *o = &g->phases[0].optimizer;
    ck_assert(o->kind == &optimizer_sgd && *optimizer_option(o, "nesterov") == 1 &&
              *optimizer_option(o, "momentum") == 0.9);
    ck_assert_double_eq(ATTRS(o->lr, NumberAttrs)->value, 1e-3);
    o = &g->phases[1].optimizer;
    ck_assert(o->kind == &optimizer_adam && *optimizer_option(o, "beta1") == 0.9 &&
              *optimizer_option(o, "beta2") == 0.999 && *optimizer_option(o, "eps") == 1e-8);
    ck_assert(o->lr->type.kind == KIND_SCHEDULE && o->lr->op == &op_mul &&
              *optimizer_option(o, "weight_decay") == 0);
    o = &g->phases[2].optimizer;
    ck_assert(o->kind == &optimizer_adamw && *optimizer_option(o, "weight_decay") == 0.01);
    o = &g->phases[3].optimizer;
    ck_assert(o->kind == &optimizer_rmsprop && *optimizer_option(o, "alpha") == 0.99 &&
              *optimizer_option(o, "centered") == 0);
    ck_assert_double_eq(ATTRS(o->lr, NumberAttrs)->value, 1e-2);
}
END_TEST

START_TEST(values_of_the_command_line) {
    static const char text[] =
        "local nn = require 'nn'\n"
        "local x = nn.input('x', {3})\n"
        "local out, bias = nn.param('out', 4), nn.param('bias', true)\n"
        "local y = nn.linear { name = nn.param('name', 'fc'), out = out, bias = bias }(x)\n"
        "return nn.model { train = { epochs = 1, batch = nn.param('batch', 8),\n"
        "  optimizer = nn.adam {}, loss = nn.mse(y, 0) } }\n";
    Define defines[] = {{"out", "7"}, {"bias", "false"}, {"name", "last"}, {"out", "9"}};
    ck_assert_int_eq(elements(graph_of(text, NULL, 0)), 4 * 3 + 4);
    Graph *g = graph_of(text, defines, 4);
    ck_assert_int_eq(elements(g), 9 * 3);
    param_named(g, "last.weight");
    ck_assert_int_eq(g->phases[0].batch, 8);
}
END_TEST

START_TEST(the_same_field_is_one_node) {
    Graph *g = model_of("local y = nn.input('x', {3, 8, 8})\n"
                        "assert(x == y and x.shape[1] == 3 and #x.shape == 3)\n"
                        "assert(tostring(x) == 'node input \"x\" (3, 8, 8)')\n"
                        "v = nn.linear { out = 2 }(nn.flatten(x + y))",
                        "v");
    int n;
    graph_nodes_of(g, "input", &n);
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(metrics_and_predictions_are_sorted) {
    Graph *g = architecture("aux");
    ck_assert_int_eq(g->n_metrics, 3);
    ck_assert_str_eq(g->metrics[0].name, "accuracy");
    ck_assert_str_eq(g->metrics[1].name, "comparison_loss");
    ck_assert_str_eq(g->metrics[2].name, "digit_loss");
    g = architecture("digit");
    ck_assert_str_eq(g->predictions[0].name, "comparison");
    ck_assert_str_eq(g->predictions[2].name, "right_digit");
}
END_TEST

/* The sandbox has these names and no others. */
START_TEST(the_globals_are_few) {
    Graph *g = model_of("local names = {}\n"
                        "for k, v in pairs(_ENV) do names[#names + 1] = k\n"
                        "  if type(v) == 'table' then\n"
                        "    for m in pairs(v) do names[#names + 1] = k .. '.' .. m end\n"
                        "  end\n"
                        "end\n"
                        "assert(table.concat(names, ' ') == 'assert error ipairs math '\n"
                        "  .. 'math.abs math.ceil math.floor math.fmod math.huge math.max '\n"
                        "  .. 'math.maxinteger math.min math.mininteger math.modf math.pi '\n"
                        "  .. 'math.sqrt math.tointeger math.type math.ult pairs pcall print '\n"
                        "  .. 'require select string string.byte string.char string.find '\n"
                        "  .. 'string.format string.gmatch string.gsub string.len string.lower '\n"
                        "  .. 'string.match string.rep string.reverse string.sub string.upper '\n"
                        "  .. 'table table.concat table.insert table.move table.pack '\n"
                        "  .. 'table.remove table.sort table.unpack tonumber tostring type')\n"
                        "v = nn.linear { out = 2 }(v)",
                        "v");
    ck_assert_ptr_nonnull(g);
}
END_TEST

START_TEST(sorting_is_right) {
    ck_assert_ptr_nonnull(model_of("local t = {}\n"
                                   "for i = 1, 300 do t[i] = i * 7919 % 301 end\n"
                                   "table.sort(t)\n"
                                   "for i = 1, 300 do assert(t[i] == i) end\n"
                                   "table.sort(t, function(a, b) return a > b end)\n"
                                   "for i = 1, 300 do assert(t[i] == 301 - i) end\n"
                                   "v = nn.linear { out = 2 }(v)",
                                   "v"));
}
END_TEST

SUITE("lua", FIXTURE(begin, end),
      TESTS(the_study, loaded_files_are_listed, same_text_in_every_run, same_text_in_every_locale,
            a_layer_more_changes_no_other, functions_can_be_chained, targets_are_nodes_or_numbers,
            schedules_take_many_numbers, frozen_layers_keep_all_they_have,
            a_layer_used_twice_has_one_set_of_weights, unnamed_layers_are_numbered_by_kind,
            initial_values_are_pytorchs, options_reach_the_nodes,
            uses_of_a_dropout_draw_differently, draws_are_for_each_sample,
            words_are_layers_of_defaults_and_take_options, optimizers_have_pytorchs_defaults,
            values_of_the_command_line, the_same_field_is_one_node,
            metrics_and_predictions_are_sorted, the_globals_are_few, sorting_is_right))
