/* JSON on a stream, one object a line. Write errors stay in the stream (ferror). */
#ifndef NN_RUNTIME_JSON_H
#define NN_RUNTIME_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Json {
    FILE *out;
    bool comma; /* a value precedes in the open object or array */
} Json;

/* `key` is NULL for members of arrays and for the outermost object. */
void json_open(Json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(Json *json, char bracket);                 /* '}' or ']' */
void json_text(Json *json, const char *key, const char *value);
void json_integer(Json *json, const char *key, int64_t value);
void json_bool(Json *json, const char *key, bool value);
/* Round-trip; null for NaN and infinities, which JSON does not have. */
void json_double(Json *json, const char *key, double value);
void json_float(Json *json, const char *key, float value);
/* Ends the outermost object: closes it, ends the line and flushes, so that a reader at the other
 * end of a pipe sees it now. */
void json_end_line(Json *json);

/* A string with quotes, escaped. */
void json_quote(FILE *out, const char *text);

#endif
