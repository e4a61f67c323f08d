/* A random valid architecture: `architecture SEED [-d DATA.safetensors] [-x ELEMENT]...` writes its
 * Lua file to standard output, and data for its fields. An element is a layer, a branch, a loss, a
 * phase or a metric; -x leaves it out and changes none of the others' draws, so that what fails can
 * be made smaller. `architecture --elements` says how many there may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "architecture.h"
#include "compiler/graph/optimizer.h"

/* Values of the trunk summed over some of their axes, as a vector. */
static const char *sum_over_axes(const char *x) {
    static const char *const axes[] = {"1",        "2",         "-1",         "{ 2, 3 }",
                                       "{ 1, 2 }", "{ 1, -1 }", "{ 1, 2, 3 }"};
    static char text[2][100];
    static int turn;
    turn = !turn;
    snprintf(text[turn], sizeof *text, "nn.flatten(nn.%s(%s, { axis = %s, keepdim = %s }))",
             below(2) ? "sum" : "mean", x, axes[below(7)], below(2) ? "true" : "false");
    return text[turn];
}

/* A layer with states: in place of the sequence, or a vector of it. */
static void write_recurrence(void) {
    static const char *const cells[] = {"rnn", "gru", "lstm"}, *const truth[] = {"false", "true"};
    const int last = below(2);
    printf("local r = nn.%s { name = \"sr\", hidden = %d, layers = %d, bidirectional = %s, "
           "dropout = %s, bias = %s, last = %s }(s)\n",
           cells[below(3)], 1 + below(40), 1 + below(2), truth[below(2)], below(2) ? "0.3" : "0",
           truth[below(2)], truth[last]);
    puts(last ? "f = nn.concat { f, r }" : "s = r");
}

/* The sequence normalised, longer or shorter, in another order. */
static void rearrange_sequence(int length, int width) {
    if (below(3) == 0) puts("s = nn.layer_norm { name = \"sn\" }(s) * q");
    if (below(3) == 0) printf("s = nn.concat { s, q - 0.5, axis = %d }\n", 1 + below(2));
    if (below(2)) printf("s = nn.slice(s, 1, 1, %d, %d)\n", 1 + below(length), 1 + below(2));
    if (below(2)) printf("s = nn.slice(s, 2, %d)\n", 1 + below(width));
    if (below(3) == 0) puts("s = nn.transpose(nn.flip(nn.transpose(s, 1, 2), 1), -1, 1)");
    if (below(3) == 0)
        puts("s = nn.pad(s, 1, 1, 0, { mode = \"replicate\" }) - nn.select(s, 1, -1)");
    if (below(3) == 0) puts("s = nn.select(nn.stack { nn.tanh(s), s, axis = 3 }, -1, 1) + s");
}

/* Functions over its axes and of its elements. */
static void change_sequence(void) {
    static const char *const ways[] = {"nn.softmax(s)",
                                       "nn.log_softmax(s, { axis = 1 })",
                                       "s - nn.logsumexp(s, { axis = { 1, 2 } })",
                                       "s * nn.amax(s, { axis = 1 })",
                                       "nn.silu(nn.sin(4 * s))",
                                       "nn.softplus(s) - nn.amin(s)"};
    if (below(3) == 0) puts("s = s - 0.5 * nn.mean(s, { axis = 1 })");
    if (below(3) == 0)
        puts(
            "s = nn.mean(s, { axis = 1 }) * nn.sum(s, { axis = 2, keepdim = true }) / (1 + s * s)");
    if (below(3) == 0) puts("s = nn.dropout { name = \"sd\", p = 0.3 }(s)");
    if (below(3) == 0) printf("s = %s\n", ways[below(6)]);
    if (below(3) == 0) puts("s = nn.where(nn.less(nn.arange(s.shape[2]), l), s, 0.5 * s)");
}

/* The sequence as a signal: its columns are places. */
static void convolve_sequence(void) {
    const int kernel = 1 + below(4);
    printf("s = nn.pad(s, 2, 0, %d)\ns = %s(nn.conv1d { name = \"sc\", out = %d, kernel = %d, "
           "%s }(s))\n",
           kernel, activation(), 1 + below(20), kernel,
           below(2)   ? "causal = true"
           : below(2) ? "padding = \"same\", dilation = 2"
                      : "stride = 2, dilation = 1");
    if (below(2))
        printf("s = nn.%s_pool1d { kernel = 2, stride = 1, padding = 1 }(s)\n",
               below(2) ? "max" : "avg");
    if (below(3) == 0)
        printf("s = nn.upsample { scale = %d, mode = \"%s\" }(s)\n", 1 + below(3),
               below(2) ? "linear" : "nearest");
    if (below(3) == 0) puts("s = nn.group_norm { name = \"sg\", groups = 1 }(s) + 0.5 * s");
}

/* Its places see each other, and rows of a table. */
static void attend_sequence(void) {
    if (below(3) == 0)
        puts("s = s + nn.embedding { name = \"se\", dim = s.shape[2] }(l)\n"
             "f = nn.concat { f, nn.embedding { name = \"le\", dim = 5, padding_idx = 1 }(l) }");
    if (below(3) == 0)
        printf("s = s + nn.multihead_attention { name = \"sa\", heads = %s, causal = %s, dropout = "
               "%g }(nn.layer_norm(s))\n",
               below(2) ? "s.shape[2] % 2 == 0 and 2 or 1" : "1", below(2) ? "true" : "false",
               below(2) ? 0.2 : 0.0);
    if (below(3) == 0)
        puts(below(2)
                 ? "s = s + 0.1 * nn.matmul(nn.matmul(s, s, { transpose_b = true }), nn.tanh(s))"
                 : "s = s + nn.scaled_dot_product_attention(nn.tanh(s), s, nn.tanh(s), { scale = "
                   "0.5 })");
}

/* A vector made of the sequence. */
static void write_sequence(int length, int width) {
    static const char *const ends[] = {"nn.flatten(s)", "nn.mean(s, { axis = 1 })",
                                       "nn.sum(nn.tanh(s), { axis = -1 })",
                                       "nn.flatten(nn.sum(s, { axis = 2, keepdim = true }) * 0.5)"};
    puts("local s = nn.tanh(q)");
    rearrange_sequence(length, width);
    if (below(2))
        printf("s = %s(nn.linear { name = \"sw\", out = %d }(s))\n", activation(), 1 + below(40));
    if (below(3) == 0) write_recurrence();
    change_sequence();
    if (below(2)) convolve_sequence();
    attend_sequence();
    printf("f = nn.concat { f, %s(nn.linear { name = \"sl\", out = %d }(%s)) }\n", activation(),
           1 + below(9), ends[below(4)]);
}

static void write_branches(int length, int width) {
    if (element(BRANCHES, 2)) {
        static const char *const ways[] = {
            "f = f - 0.5 * trunk(other)", "f = nn.concat { trunk(other), f }",
            "f = trunk(other) / (2 + nn.tanh(f))",
            "local g = trunk(other); f = nn.concat { f * g, f + trunk(x), nn.tanh(g) }"};
        puts(ways[below(4)]);
    }
    if (element(BRANCHES + 1, 2))
        printf("f = nn.concat { f, %s(nn.linear { name = \"side\", out = %d }(v)) }\n",
               activation(), 1 + below(20));
    if (element(BRANCHES + 2, 3))
        puts("local again = nn.linear { name = \"again\", out = f.shape[1] }\n"
             "f = again(nn.tanh(again(f)) + 0.5 * f)");
    if (element(BRANCHES + 3, 3)) {
        const int way = below(4);
        if (way == 0) printf("f = nn.concat { %s, f }\n", sum_over_axes("nn.tanh(y)"));
        if (way == 1) {
            puts("local mean = nn.mean { axis = { 2, 3 } }\nlocal _, z = trunk(other)");
            puts("f = nn.concat { f, nn.tanh(mean(y) - mean(z)), nn.flatten(nn.mean(z * y, { axis "
                 "= 1 })) }");
        }
        if (way == 2) puts("f = nn.concat { f, nn.flatten(y) }");
        if (way == 3)
            printf("f = nn.concat { %s, f }\n", sum_over_axes("nn.sigmoid(nn.layer_norm(y) + y)"));
    }
    if (element(SEQUENCE, 3)) write_sequence(length, width);
    if (element(SHARED, 3)) {
        static const char *const ways[] = {
            "f = f * own + nn.exp(one) * nn.tanh(own)",
            "f = nn.concat { f, nn.softmax(own) * one }",
            "f = nn.prelu { name = \"slope\" }(f - own * nn.tensor(2))",
            "f = nn.maximum(f, own) / (1 + nn.sum(own * own))",
            ("f = f + nn.linear { name = \"own_l\", out = f.shape[1] }"
             "(nn.concat { own, own * one })")};
        puts("local own = nn.parameter(\"own\", f.shape, { init = nn.uniform(-1, 1) })");
        puts("local one = nn.parameter(\"o.ne\", {}, { init = nn.constant(0.5) })");
        puts(ways[below(5)]);
    }
    if (element(RANDOM, 3)) {
        static const char *const ways[] = {
            "f = f + 0.3 * nn.randn(f.shape)", "f = nn.concat { f * z, z }",
            ("f = nn.concat { f, nn.tanh(nn.flatten(y + 0.5 * nn.rand(y.shape) - "
             "nn.randn(y.shape))) }"),
            "f = nn.concat { f, nn.flatten(nn.matmul(q, nn.randn({ q.shape[2], 18 }))) }",
            "f = f * nn.randn({}) + nn.linear { name = \"noise\", out = f.shape[1] }(z)"};
        puts("local z = nn.rand(f.shape, { name = \"z\" })");
        puts(ways[below(5)]);
    }
    if (element(BRANCHES + 4, 4)) puts("f = -f / 2 + nn.relu(1 - f)");
    if (element(EQUAL, 3)) {
        static const char *const ways[] = {"f = nn.tanh(f * f)", "f = nn.concat { f, f }",
                                           "f = 0.5 * (f + f) - (f - f)", "f = f / (1 + f * f)",
                                           "f = (2 + nn.tanh(f)) / (2 + nn.tanh(f)) * f"};
        puts(ways[below(5)]);
    }
}

/* Any optimizer of the table, at half its usual rate. */
static const char *any_optimizer(void) {
    static char text[100];
    int n = 0;
    while (all_optimizers[n]) n++;
    const OptimizerKind *kind = all_optimizers[below(n)];
    snprintf(text, sizeof text, "nn.%s { lr = %g }", kind->name, kind->lr / 2);
    return text;
}

/* Several times those whose options matter. */
static const char *optimizer(void) {
    static const char *const all[] = {
        "nn.adam { lr = 1e-3 }",
        "nn.adam { lr = 1e-3, weight_decay = 0.01 }",
        "nn.sgd { lr = 0.01, momentum = 0.9, nesterov = true }",
        "nn.sgd { lr = 0.01 * nn.min(1, (nn.step + 1) / 5), momentum = 0.5, dampening = 0.1 }",
        "nn.sgd { lr = 0.02, weight_decay = 1e-3 }",
        "nn.adamw { lr = 1e-3 * (1.5 + nn.cos(nn.epoch / nn.epochs)) }",
        "nn.sgd { lr = 0.02 * 0.5 ^ nn.floor((nn.epoch + nn.step) / 2), momentum = 0.9 }",
        ("nn.adam { lr = nn.where(nn.less(nn.step, 2), nn.step / 500, 0.01 / nn.sqrt(1 + nn.step)) "
         "}"),
        "nn.rmsprop { lr = 1e-3, momentum = 0.5 }",
        "nn.rmsprop { lr = 1e-3, centered = true }"};
    enum { CHOICES = sizeof all / sizeof *all };
    const int choice = below(CHOICES + 2);
    return choice < CHOICES ? all[choice] : any_optimizer();
}

/* The optimizer, perhaps with groups of parameters. */
static void write_optimizer(const char *optimizer) {
    static const char *const groups[] = {
        ", groups = { { match = { \"*bias\", \"a\" }, weight_decay = 0 }, { match = \"*\", lr = "
        "2e-3 } }",
        ", groups = { { match = \"b.*\", lr = 1e-3 * nn.exp(-nn.step), weight_decay = 0.1 } }"};
    if (below(3))
        printf("%s", optimizer);
    else
        printf("%.*s%s }", (int)(strrchr(optimizer, '}') - optimizer), optimizer, groups[below(2)]);
}

/* A bound of the gradient, sometimes. */
static const char *clip(void) {
    static const char *const bounds[] = {", clip_grad_norm = 0.5", ", clip_grad_value = 0.01"};
    return below(4) ? "" : bounds[below(2)];
}

/* Averages of weights, or updates by several batches, sometimes. */
static const char *averaged(void) {
    static const char *const ways[] = {", ema = 0.9", ", accumulate = 3",
                                       ", ema = 0.5, accumulate = 2"};
    return below(4) ? "" : ways[below(3)];
}

static void write_losses(int classes, int targets) {
    printf("local a = nn.linear { name = \"a\", out = %d }(f)\n", classes);
    printf("local b = nn.linear { name = \"b\", out = %d, bias = false }(f)\n", targets);
    puts("local ce = nn.cross_entropy(a, l)\nlocal loss = ce");
    if (element(LOSSES, 2)) puts("loss = loss + 0.5 * nn.mse(b, t)");
    if (element(LOSSES + 4, 4))
        puts(below(2) ? "loss = loss - -nn.mse(b, 0.25)"
             : below(2)
                 ? "loss = loss + nn.bce_with_logits(b, 0.75) / (1 + nn.step)"
                 : "loss = loss + nn.greater_equal(nn.epoch, 1) * nn.mse(b, nn.log(2 + nn.step))"
                   " + 0.1 * nn.log(1 + nn.sqrt(0.5 + ce)) * 3 ^ (nn.epoch / -2)");
    if (element(LOSSES + 1, 2))
        puts("loss = loss + nn.exp(-nn.epoch) * nn.bce_with_logits(b, nn.sigmoid(t))");
    if (element(WORDS, 2)) {
        static const char *const losses[] = {
            "nn.cross_entropy(a, l, { label_smoothing = 0.1 })",
            "nn.cross_entropy(a, l, { ignore_index = 1 })",
            "nn.nll(nn.log_softmax(a), l)",
            "nn.mean((1 - nn.softmax(b)) ^ 2 * nn.huber(b, t, { reduction = \"none\" }))",
            "nn.l1(b, nn.cos(t))",
            "nn.kl_div(nn.log_softmax(b), nn.softmax(t))",
            "nn.cross_entropy(nn.softplus(b), nn.softmax(t), { label_smoothing = 0.3 })",
            "nn.smooth_l1(b, 0.5, { beta = 0.3 })",
            "nn.bce_with_logits(b, nn.sigmoid(t), { pos_weight = 2 })",
            "nn.bce_with_logits(b, nn.sigmoid(t), { pos_weight = more })"};
        const int choice = below(10);
        if (choice == 9) puts("local more = {}\nfor i = 1, b.shape[1] do more[i] = i / 4 end");
        printf("loss = loss + 0.3 * %s\n", losses[choice]);
    }
    if (element(LOSSES + 2, 3))
        puts(below(2) ? "loss = loss + nn.mse(nn.tanh(b), nn.sigmoid(b))"
                      : "loss = loss + nn.mean(nn.abs(b - t)) * nn.mean(nn.sigmoid(f))");
    if (element(EQUAL + 1, 2)) {
        static const char *const losses[] = {
            "nn.mse(b, b)",
            "nn.bce_with_logits(even, even)",
            "nn.mse(y, y)",
            "nn.mse(nn.dropout { name = \"d\", p = 0.3 }(a), a)",
            "nn.cross_entropy(a, l)",
            "nn.mse(nn.relu(f), nn.relu(f))",
            "nn.mse(f - a.shape[1], f - a.shape[1])",
            "nn.bce_with_logits(nn.tanh(nn.flatten(y)), nn.tanh(nn.flatten(y)))"};
        /* Both sides of a cross-entropy may only be bounded values: the loss has no least value. */
        printf("local even = nn.tanh(b)\nloss = loss + 0.5 * %s\n", losses[below(8)]);
    }
    if (element(LOSSES + 3, 3)) puts("loss = loss * (nn.epochs - nn.epoch) / nn.epochs + 0.1 * ce");
}

/* Some layers of the trunk, to be frozen. */
static void write_freeze(void) {
    printf(", freeze = {%s", below(2) ? "\"fc\", " : "");
    for (int i = 0; i < layers.n; i++)
        if (below(2)) printf("\"%s\", ", layers.name[i]);
    printf("}");
}

/* Members of two or three kinds that take turns. */
static void write_turns(void) {
    printf("    nn.alternate { epochs = 2, batch = %d%s%s,\n", 3 + below(20),
           below(3) ? "" : ", shuffle = false", averaged());
    for (int i = 2 + below(2); i > 0; i--) {
        printf("      { steps = %d, loss = %s, optimizer = ", 1 + below(2),
               below(2) ? "loss" : "ce");
        write_optimizer(optimizer());
        printf("%s", clip());
        if (below(3) == 0)
            printf(", train = { \"a\" }");
        else if (below(2))
            write_freeze();
        puts(" },");
    }
    puts("    },");
}

static void write_phase(int id) {
    int batch = 3 + below(20);
    bool first = id == FIRST_PHASE;
    printf("    { epochs = 2, batch = %d, loss = %s, optimizer = ", batch,
           first || below(2) ? "loss" : "ce");
    write_optimizer(optimizer());
    printf("%s%s%s", below(3) ? "" : ", shuffle = false", clip(), averaged());
    if (!first && below(3)) write_freeze();
    puts(" },");
}

static void write_model(void) {
    puts("local hit = nn.overall(nn.equal(nn.argmax(a), l))\n"
         "local low = nn.overall(nn.less(nn.argmax(a), l))\n"
         "local b1, t1 = nn.linear { name = \"one\", out = 1 }(b), nn.target(\"one\", {1})");
    puts("return nn.model { name = \"fuzz\", train = {");
    begin(FIRST_PHASE);
    write_phase(FIRST_PHASE);
    for (int id = PHASES; id < METRICS; id++)
        if (element(id, 4)) write_phase(id);
    if (element(TURNS, 4)) write_turns();
    bool equal = element(EQUAL + 2, 2);
    printf("  },\n  predict = { a = nn.argmax(a), b = b, f = f%s },\n  metrics = {\n",
           equal ? ", same = nn.equal(f, f), below = nn.less_equal(b, b)" : "");
    if (equal)
        puts("    always = nn.equal(nn.argmax(a), nn.argmax(a)), label = nn.less_equal(l, l),\n"
             "    none = nn.mse(f, f), entropy = nn.bce_with_logits(b, b), data = nn.mse(t, t),");
    if (below(3) == 0) puts("    hot = nn.mean(nn.one_hot(l) * a),");
    if (element(METRICS, 2)) puts("    accuracy = nn.equal(nn.argmax(a), l),");
    if (element(METRICS + 1, 3)) puts("    ordered = nn.less_equal(nn.argmax(a), l),");
    if (element(METRICS + 2, 2)) puts(below(2) ? "    course = ce," : "    sum = nn.sum(b),");
    if (element(OVERALL, 2)) {
        static const char *const scores[] = {
            "2 * hit / (1 + hit)", "nn.exp(-hit) * nn.sqrt(low) + ce",
            "nn.log(1.5 + hit - low) / (2 + ce ^ 2)", "(1 + hit) ^ 3 - low ^ 0.5 + hit ^ 1.3",
            "nn.sqrt(ce) - hit * nn.epoch"};
        printf("    score = %s,\n", scores[below(5)]);
    }
    if (element(OVERALL + 1, 3))
        puts("    hits = hit, r2 = 1 - nn.overall((b1 - t1) ^ 2) / (nn.overall(t1 ^ 2) - "
             "nn.overall(t1) ^ 2),");
    puts("  } }");
}

typedef struct Field {
    const char *name, *dtype;
    int count, classes;
    char shape[48];
} Field;

/* All fields for every split, used or not. */
static bool write_data(const char *path, const Field *fields, int n) {
    static const char *const splits[] = {"train", "val", "test"};
    char header[4096];
    size_t used = 0, offset = 0;
    for (int s = 0; s < 3; s++)
        for (int i = 0; i < n; i++) {
            size_t bytes = sizeof(float) * (size_t)fields[i].count * SAMPLES;
            used += (size_t)snprintf(
                header + used, sizeof header - used,
                "%s\"%s/%s\":{\"dtype\":\"%s\",\"shape\":[%d%s],\"data_offsets\":[%zu,%zu]}",
                used ? "," : "{", splits[s], fields[i].name, fields[i].dtype, SAMPLES,
                fields[i].shape, offset, offset + bytes);
            offset += bytes;
        }
    used += (size_t)snprintf(header + used, sizeof header - used, "}");
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    uint64_t length = used;
    fwrite(&length, sizeof length, 1, f);
    fwrite(header, 1, used, f);
    begin(ELEMENTS + SAMPLES);
    for (int s = 0; s < 3; s++)
        for (int i = 0; i < n; i++)
            for (int k = 0; k < fields[i].count * SAMPLES; k++) {
                int32_t label = fields[i].classes ? below(fields[i].classes) : 0;
                float value = (float)below(2001) / 1000 - 1;
                fwrite(fields[i].classes > 0 ? (void *)&label : (void *)&value, 4, 1, f);
            }
    return fclose(f) == 0;
}

/* A mean or a deviation of the field: as measured, one, or one for each channel or column. */
static void write_moment(const char *name, int channels, int least) {
    printf("%s = ", name);
    switch (below(3)) {
    case 0:
        printf("\"train\"");
        return;
    case 1:
        printf("%.2f", (least + below(150)) / 100.0);
        return;
    default:
        printf("{");
        for (int i = 0; i < channels; i++)
            printf("%s%.2f", i ? ", " : "", (least + below(150)) / 100.0);
        printf("}");
    }
}

/* Options of the field, some of the time. */
static const char *write_normal(int id, int channels) {
    if (!element(id, 3)) return "";
    printf(", { scale = %.3f, ", (1 + below(2000)) / 1000.0);
    write_moment("mean", channels, -50);
    printf(", ");
    write_moment("std", channels, 50);
    return " }";
}

int main(int argc, char **argv) {
    const char *data = NULL;
    if (argc == 2 && !strcmp(argv[1], "--elements")) return printf("%d\n", ELEMENTS - 1) < 0;
    if (argc < 2) return fputs("usage: architecture SEED [-d DATA] [-x ELEMENT]...\n", stderr), 2;
    lots.seed = strtoull(argv[1], NULL, 10);
    for (int i = 2; i + 1 < argc; i += 2) {
        int id = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "-d"))
            data = argv[i + 1];
        else if (id > 0 && id < ELEMENTS)
            lots.left_out[id] = true;
    }
    begin(SHAPE);
    Image x = {1 + below(5), 5 + below(10), 5 + below(10)};
    int vector = 1 + below(40), classes = 2 + below(20), targets = 1 + below(20);
    int size = 3 + below(40), length = 1 + below(9), width = 1 + below(20);
    if (below(5) == 0) x = (Image){x.channels, 1, 40 + below(400)};
    if (below(4) == 0) x.channels = 1 + below(35);
    printf("local nn = require \"nn\"\nlocal size = %d\n", size);
    printf("local other = nn.input(\"other\", {%d, %d, %d})\n", x.channels, x.height, x.width);
    printf("local x = nn.input(\"x\", {%d, %d, %d}", x.channels, x.height, x.width);
    printf("%s)\n", write_normal(NORMAL, x.channels));
    printf("local l = nn.label(\"l\", %d)\nlocal v = nn.input(\"v\", {%d}", classes, vector);
    printf("%s)\n", write_normal(NORMAL + 1, vector));
    printf("local q = nn.input(\"q\", {%d, %d})\n", length, width);
    printf("local t = nn.target(\"t\", {%d})\n", targets);
    write_trunk(x);
    write_branches(length, width);
    write_losses(classes, targets);
    write_model();
    if (!data) return 0;
    Field fields[] = {{"x", "F32", x.channels * x.height * x.width, 0, ""},
                      {"other", "F32", 0, 0, ""},
                      {"v", "F32", vector, 0, ""},
                      {"l", "I32", 1, classes, ""},
                      {"t", "F32", targets, 0, ""},
                      {"q", "F32", length * width, 0, ""},
                      {"one", "F32", 1, 0, ",1"}};
    snprintf(fields[0].shape, sizeof fields[0].shape, ",%d,%d,%d", x.channels, x.height, x.width);
    fields[1].count = fields[0].count;
    memcpy(fields[1].shape, fields[0].shape, sizeof fields[0].shape);
    snprintf(fields[2].shape, sizeof fields[2].shape, ",%d", vector);
    snprintf(fields[4].shape, sizeof fields[4].shape, ",%d", targets);
    snprintf(fields[5].shape, sizeof fields[5].shape, ",%d,%d", length, width);
    if (write_data(data, fields, 7)) return 0;
    return fprintf(stderr, "architecture: cannot write %s\n", data), 1;
}
