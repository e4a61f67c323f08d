/* Reads images whatever their format is. */
#include <string.h>

#include "../runtime/report.h"
#include "picture.h"

static bool read_any(const char *name, const unsigned char *bytes, size_t n, bool head,
                     Picture *picture) {
    if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return png_read(name, bytes, n, head, picture);
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return jpeg_read(name, bytes, n, head, picture);
    return problem("%s: %s", name, n ? "is neither JPEG nor PNG" : "is empty");
}

bool picture_head(const char *name, const unsigned char *bytes, size_t n, Picture *picture) {
    *picture = (Picture){.channels = 1};
    return read_any(name, bytes, n, true, picture) && picture_sane(name, picture);
}

bool picture_read(const char *name, const unsigned char *bytes, size_t n, Picture *picture) {
    *picture = (Picture){.channels = 1};
    return read_any(name, bytes, n, false, picture);
}
