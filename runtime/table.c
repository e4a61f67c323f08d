/* Tables and numbers for people. */
#include "table.h"

#include <math.h>
#include <string.h>

#include "report.h"

enum { GAP = 2 };

void table_print(FILE *out, int rows, int columns, int left, const char *const *cells) {
    for (int r = 0; r < rows; r++) {
        int owed = 0; /* blanks to be printed before the next cell */
        for (int c = 0; c < columns; c++) {
            int width = 0;
            for (int i = 0; i < rows; i++) {
                const char *cell = cells[i * columns + c];
                if (cell && (int)strlen(cell) > width) width = (int)strlen(cell);
            }
            const char *cell = cells[r * columns + c];
            const int blank = width - (cell ? (int)strlen(cell) : 0);
            if (c) owed += GAP;
            if (c >= left || !cell) owed += blank;
            if (cell) {
                fprintf(out, "%*s%s", owed, "", cell);
                owed = c < left ? blank : 0;
            }
        }
        fputc('\n', out);
    }
}

const char *real_text(double value, int digits) {
    return isnan(value) ? "nan" : format_text("%.*g", digits, value);
}

const char *number_text(double value) {
    if (isnan(value)) return "nan";
    const double size = fabs(value);
    const bool plain = size == 0 || (size >= 5e-5 && size < 1e5);
    return format_text(plain ? "%.4f" : "%.3e", value);
}

const char *bytes_text(size_t bytes) {
    const double kib = 1024, mib = 1024 * kib, size = (double)bytes;
    if (size >= 0.1 * mib) return format_text("%.2f MiB", size / mib);
    if (size >= kib) return format_text("%.1f KiB", size / kib);
    return format_text("%zu bytes", bytes);
}

const char *count_text(long long value) {
    const char *tail = "";
    for (; value >= 1000; value /= 1000) tail = format_text(",%03d%s", (int)(value % 1000), tail);
    return format_text("%d%s", (int)value, tail);
}
