/* Writes parameters, means and deviations as a safetensors file: the bytes that programs write,
 * whose header Jansson makes. Part of nn.c. */
#ifndef NN_RUNTIME_NN_WRITE_H
#define NN_RUNTIME_NN_WRITE_H

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "handle.h"

/* Where bytes go: a file, memory of `room` bytes, or nowhere, to be counted. */
typedef struct Sink {
    FILE *file;
    unsigned char *bytes;
    size_t room, size;
} Sink;

static void put(Sink *to, const void *from, size_t n) {
    if (to->file) fwrite(from, 1, n, to->file);
    if (to->bytes && to->size <= to->room && n <= to->room - to->size)
        memcpy(to->bytes + to->size, from, n);
    to->size += n;
}

static void put_text(Sink *to, const char *text) {
    put(to, text, strlen(text));
}

static void put_whole(Sink *to, int64_t value) {
    char text[NN_WORDS] = "";
    nn_say(text, NULL, value);
    put_text(to, text);
}

/* 17 digits bring every double back. As Jansson writes them: with a point, or an exponent without
 * plus and leading zeros, in any locale. */
static void put_real(Sink *to, double value) {
    char text[32], out[40];
    size_t n = 0;
    bool real = false;
    snprintf(text, sizeof text, "%.17g", value);
    for (const char *t = text; *t; t++) {
        const bool exponent = n > 0 && out[n - 1] == 'e';
        const bool minus = n > 1 && out[n - 1] == '-' && out[n - 2] == 'e';
        if (exponent && *t == '+') continue;
        if ((exponent || minus) && *t == '0' && t[1]) continue;
        const bool point = *t == *localeconv()->decimal_point;
        real = real || point || *t == 'e';
        out[n++] = point ? '.' : *t;
    }
    if (!real) out[n++] = '.', out[n++] = '0';
    put(to, out, n);
}

/* ,"input.image.mean":"[0.5]" */
static void put_moments(Sink *to, const NnField *field, const char *what, const double *values) {
    put_text(to, ",\"input.");
    put_text(to, field->name);
    put_text(to, ".");
    put_text(to, what);
    put_text(to, "\":\"[");
    for (int i = 0; i < field->normal.moments; i++) {
        if (i) put_text(to, ",");
        put_real(to, values[i]);
    }
    put_text(to, "]\"");
}

static const NnParam *saved_param(const NnModel *model, int i) {
    return &model->params[i < model->n_params ? i : model->ties[i - model->n_params].param];
}

static int64_t saved_bytes(const NnParam *param) {
    return param->count * (param->role == NN_COUNT ? 8 : 4);
}

/* Whole numbers lie first, so that all are aligned. */
static void put_entries(Sink *to, const NnModel *model) {
    int64_t whole = 0, real = 0;
    const int n = model->n_params + model->n_ties;
    for (int i = 0; i < n; i++)
        if (saved_param(model, i)->role == NN_COUNT) real += saved_bytes(saved_param(model, i));
    for (int i = 0; i < n; i++) {
        const NnParam *param = saved_param(model, i);
        int64_t *at = param->role == NN_COUNT ? &whole : &real;
        put_text(to, ",");
        /* Names have no character that JSON escapes. */
        put_text(to, "\"");
        put_text(to, i < model->n_params ? param->name : model->ties[i - model->n_params].name);
        put_text(to, "\"");
        put_text(to, param->role == NN_COUNT ? ":{\"dtype\":\"I64\",\"shape\":["
                                             : ":{\"dtype\":\"F32\",\"shape\":[");
        for (int k = 0; k < param->rank; k++) {
            if (k) put_text(to, ",");
            put_whole(to, param->dim[k]);
        }
        put_text(to, "],\"data_offsets\":[");
        put_whole(to, *at);
        *at += saved_bytes(param);
        put_text(to, ",");
        put_whole(to, *at);
        put_text(to, "]}");
    }
}

/* The values of a tensor. Every NaN is written as the same bits: x86 gives some of them a sign. */
static void put_values(Sink *to, const NnParam *param, const float *values) {
    for (int64_t i = 0; i < param->count; i++) {
        const int64_t whole = param->role == NN_COUNT ? (int64_t)values[i] : 0;
        const float value = isnan(values[i]) ? nn_float_of(0x7fc00000u) : values[i];
        unsigned char bytes[8];
        uint64_t bits = (uint64_t)whole;
        if (param->role != NN_COUNT) {
            uint32_t half;
            memcpy(&half, &value, sizeof half);
            bits = half;
        }
        const int n = param->role == NN_COUNT ? 8 : 4;
        for (int k = 0; k < n; k++) bytes[k] = (unsigned char)(bits >> 8 * k);
        put(to, bytes, (size_t)n);
    }
}

static void put_header(Nn *net, Sink *to) {
    const NnModel *model = net->model;
    put_text(to, "{\"__metadata__\":{\"format\":\"pt\"");
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        const Moments *m = &net->moments[i];
        if (field->normal.moments == 0) continue;
        model->get_normal(net->state, i, m->mean, m->deviation);
        if (m->deviation[0] == 0) continue; /* measured ones that nobody has set */
        put_moments(to, field, "mean", m->mean);
        put_moments(to, field, "std", m->deviation);
    }
    put_text(to, "}");
    put_entries(to, model);
    put_text(to, "}");
}

/* Copies a parameter as files have it. */
static void saved_values(Nn *net, int param) {
    const Training *t = &net->training;
    const bool averages = t->begun && net->model->phases[net->phase].ema > 0.0;
    net->model->get(net->state, net->phase >= 0 ? net->phase : 0, averages ? NN_AVERAGE : 0, param,
                    net->values);
}

static void put_file(Nn *net, Sink *to) {
    const NnModel *model = net->model;
    Sink counted = {.size = 0};
    put_header(net, &counted);
    const size_t padded = (counted.size + 7) / 8 * 8;
    for (int i = 0; i < 8; i++)
        put(to, &(unsigned char){(unsigned char)((uint64_t)padded >> 8 * i)}, 1);
    put_header(net, to);
    for (size_t i = counted.size; i < padded; i++) put_text(to, " ");
    for (int whole = 1; whole >= 0; whole--)
        for (int i = 0; i < model->n_params + model->n_ties; i++) {
            const NnParam *param = saved_param(model, i);
            if ((param->role == NN_COUNT) != whole) continue;
            saved_values(net, (int)(param - model->params));
            put_values(to, param, net->values);
        }
}

#endif
