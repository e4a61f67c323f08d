/* Writes event files for TensorBoard: TFRecords of protocol buffers. */
#define _GNU_SOURCE
#include "tensorboard.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct EventFile {
    FILE *out;
    const char *path;
};

/* The polynomial of Castagnoli, bits reversed. */
static uint32_t crc32c(const unsigned char *bytes, size_t size) {
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

/* The checksum of such records: CRC-32C, turned and offset ("masked"). */
static uint32_t masked_checksum(const void *bytes, size_t size) {
    const uint32_t crc = crc32c(bytes, size);
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

/* A message under construction. */
typedef struct Message {
    unsigned char *bytes;
    size_t size, room;
} Message;

static void put(Message *m, const void *bytes, size_t size) {
    if (m->size + size > m->room) {
        const Message old = *m;
        m->room = 2 * (m->size + size);
        m->bytes = allocate(m->room, 1);
        if (old.size) memcpy(m->bytes, old.bytes, old.size);
    }
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_little(Message *m, uint64_t value, int bytes) {
    unsigned char little[8];
    for (int i = 0; i < bytes; i++) little[i] = (unsigned char)(value >> 8 * i);
    put(m, little, (size_t)bytes);
}

/* Seven bits a byte, the lowest first; all but the last have the eighth set. */
static void put_varint(Message *m, uint64_t value) {
    for (; value >= 0x80; value >>= 7) put_little(m, (value & 0x7f) | 0x80, 1);
    put_little(m, value, 1);
}

/* How a field is written. */
enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

static void put_key(Message *m, int field, int wire) {
    put_varint(m, (uint64_t)(field << 3 | wire));
}

static void put_bytes(Message *m, int field, const void *bytes, size_t size) {
    put_key(m, field, WIRE_BYTES);
    put_varint(m, size);
    put(m, bytes, size);
}

/* Numbers of the fields of Event, Summary, Summary.Value and SessionLog, and a status of that. */
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };

static Message event_now(void) {
    struct timespec now;
    Message event = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    const double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    uint64_t bits;
    memcpy(&bits, &seconds, sizeof bits);
    put_key(&event, EVENT_TIME, WIRE_64);
    put_little(&event, bits, 8);
    return event;
}

/* Length, its checksum, the bytes, their checksum. */
static bool write_record(EventFile *file, const Message *event) {
    Message record = {0};
    put_little(&record, event->size, 8);
    put_little(&record, masked_checksum(record.bytes, 8), 4);
    put(&record, event->bytes, event->size);
    put_little(&record, masked_checksum(event->bytes, event->size), 4);
    return (fwrite(record.bytes, 1, record.size, file->out) == record.size &&
            fflush(file->out) == 0) ||
           problem("%s: cannot write: %s", file->path, strerror(errno));
}

static void put_scalar(Message *summary, const char *tag, double number) {
    const float simple = (float)number;
    uint32_t bits;
    Message value = {0};
    memcpy(&bits, &simple, sizeof bits);
    put_bytes(&value, VALUE_TAG, tag, strlen(tag));
    put_key(&value, VALUE_SIMPLE, WIRE_32);
    put_little(&value, bits, 4);
    put_bytes(summary, SUMMARY_VALUE, value.bytes, value.size);
}

static void close_file(void *file) {
    EventFile *events = file;
    if (events->out) fclose(events->out);
}

static bool write_version(EventFile *file) {
    static const char version[] = "brain.Event:2";
    Message event = event_now();
    put_bytes(&event, EVENT_VERSION, version, sizeof version - 1);
    return write_record(file, &event);
}

/* From here on the file's steps count, whatever earlier files have of them. */
static bool write_start(EventFile *file, int64_t step) {
    Message event = event_now(), session = {0};
    put_key(&session, SESSION_STATUS, WIRE_VARINT);
    put_varint(&session, SESSION_START);
    put_key(&event, EVENT_STEP, WIRE_VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, EVENT_SESSION, session.bytes, session.size);
    return write_record(file, &event);
}

EventFile *events_open(const char *folder, int64_t steps) {
    static int number; /* files of one second */
    EventFile *file = allocate(1, sizeof *file);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        problem("%s: %s", folder, strerror(errno));
        return NULL;
    }
    file->path = format_text("%s/events.out.tfevents.%010lld.nngen.%lld.%d", folder,
                             (long long)time(NULL), (long long)getpid(), number++);
    file->out = fopen(file->path, "wxe");
    if (!file->out) {
        problem("%s: %s", file->path, strerror(errno));
        return NULL;
    }
    keep(file, close_file);
    const size_t mark = memory_mark();
    const bool ok = write_version(file) && write_start(file, steps + 1);
    memory_release(mark);
    return ok ? file : NULL;
}

static bool add_summary(EventFile *file, int64_t step, const Message *summary) {
    Message event = event_now();
    put_key(&event, EVENT_STEP, WIRE_VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, EVENT_SUMMARY, summary->bytes, summary->size);
    return write_record(file, &event);
}

bool events_add(EventFile *file, int64_t step, const Columns *columns, double samples_per_second) {
    const size_t mark = memory_mark();
    Message summary = {0};
    for (int i = 0; i < columns->n; i++)
        if (!isnan(columns->list[i].value)) /* a loss that the phase has not */
            put_scalar(&summary, columns->list[i].name, columns->list[i].value);
    put_scalar(&summary, "samples_per_second", samples_per_second);
    const bool ok = add_summary(file, step, &summary);
    memory_release(mark);
    return ok;
}

bool events_close(EventFile *file) {
    FILE *out = file->out;
    file->out = NULL;
    return fclose(out) == 0 || problem("%s: cannot write: %s", file->path, strerror(errno));
}
