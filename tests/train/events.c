/* Reads an event file for TensorBoard, on standard input, and writes a line for the step
 * from which on it counts, then one for each scalar: step, tag, value with 9 digits. Status 1 where
 * a checksum or the form is wrong. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1 << 20 };

static uint32_t table[256];

static uint32_t masked(const unsigned char *bytes, size_t size) {
    uint32_t crc = 0xffffffff;
    for (uint32_t i = 0; i < 256 && !table[255]; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0x82f63b78 ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    for (size_t i = 0; i < size; i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static uint64_t little(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* A field of a message. */
typedef struct Field {
    uint64_t number, wire, value;
    const unsigned char *bytes;
} Field;

static uint64_t varint(const unsigned char **at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        value |= (uint64_t)(**at & 0x7f) << shift;
        if (!(*(*at)++ & 0x80)) return value;
    }
}

static int next(const unsigned char **at, const unsigned char *end, Field *f) {
    if (*at >= end) return 0;
    const uint64_t key = varint(at);
    f->number = key >> 3;
    f->wire = key & 7;
    if (f->wire == 0) {
        f->value = varint(at);
        return 1;
    }
    f->value = f->wire == 1 ? 8 : f->wire == 5 ? 4 : varint(at);
    f->bytes = *at;
    *at += f->value;
    return 1;
}

static int tell_summary(uint64_t step, const unsigned char *at, const unsigned char *end) {
    Field value, f;
    while (next(&at, end, &value)) {
        const unsigned char *from = value.bytes, *to = from + value.value;
        char tag[256] = "";
        float number = 0;
        if (value.number != 1) return 1;
        while (next(&from, to, &f)) {
            if (f.number == 1)
                snprintf(tag, sizeof tag, "%.*s", (int)f.value, (const char *)f.bytes);
            if (f.number == 2) memcpy(&number, f.bytes, 4);
        }
        printf("%d %s %.9g\n", (int)step, tag, (double)number);
    }
    return 0;
}

int main(void) {
    static unsigned char record[MOST];
    for (int n = 0; fread(record, 1, 12, stdin) == 12; n++) {
        const uint64_t size = little(record, 8);
        if (little(record + 8, 4) != masked(record, 8)) return fputs("length\n", stderr), 1;
        if (size > MOST - 4 || fread(record, 1, size + 4, stdin) != size + 4)
            return fputs("short\n", stderr), 1;
        if (little(record + size, 4) != masked(record, size)) return fputs("checksum\n", stderr), 1;
        const unsigned char *at = record;
        uint64_t step = 0, version = 0, start = 0;
        Field f;
        while (next(&at, record + size, &f)) {
            if (f.number == 2) step = f.value;
            if (f.number == 3) version = f.value == 13 && memcmp(f.bytes, "brain.Event:2", 13) == 0;
            if (f.number == 7) start = f.value == 2 && f.bytes[0] == 8 && f.bytes[1] == 1;
            if (f.number == 5 && tell_summary(step, f.bytes, f.bytes + f.value))
                return fputs("summary\n", stderr), 1;
        }
        if (n == 1) printf("%d start\n", (int)step);
        if ((n == 1) != start) return fputs("start\n", stderr), 1;
        if ((n == 0) != version) return fputs("version\n", stderr), 1;
    }
    return 0;
}
