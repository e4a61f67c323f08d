#include "json.h"

#include <math.h>

void json_quote(FILE *out, const char *text) {
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void begin(Json *json, const char *key) {
    if (json->comma) fputc(',', json->out);
    json->comma = true;
    if (!key) return;
    json_quote(json->out, key);
    fputc(':', json->out);
}

void json_open(Json *json, const char *key, char bracket) {
    begin(json, key);
    fputc(bracket, json->out);
    json->comma = false;
}

void json_close(Json *json, char bracket) {
    fputc(bracket, json->out);
    json->comma = true;
}

void json_text(Json *json, const char *key, const char *value) {
    begin(json, key);
    json_quote(json->out, value);
}

void json_integer(Json *json, const char *key, int64_t value) {
    begin(json, key);
    fprintf(json->out, "%lld", (long long)value);
}

void json_bool(Json *json, const char *key, bool value) {
    begin(json, key);
    fputs(value ? "true" : "false", json->out);
}

static void number(Json *json, const char *key, double value, int digits) {
    begin(json, key);
    if (isfinite(value))
        fprintf(json->out, "%.*g", digits, value);
    else
        fputs("null", json->out);
}

void json_double(Json *json, const char *key, double value) {
    number(json, key, value, 17);
}

void json_float(Json *json, const char *key, float value) {
    number(json, key, (double)value, 9);
}

void json_end_line(Json *json) {
    fputs("}\n", json->out);
    fflush(json->out);
    json->comma = false;
}
