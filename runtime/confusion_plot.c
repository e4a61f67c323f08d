/* Draws what classes are taken for. */
#include <inttypes.h>
#include <math.h>

#include "confusion.h"
#include "file.h"
#include "svg.h"
#include "table.h"

static const double left_edge = 130, top_edge = 86, side = 480, most_cell = 44, least_cell = 6;
static const double gap = 40, right_part = 230;
static const double text_cell = 22; /* smaller cells have no numbers in them */

static double cell_of(const Confusion *c) {
    const double cell = side / c->classes;
    return cell > most_cell ? most_cell : cell < least_cell ? least_cell : cell;
}

static double height_of(const Confusion *c) {
    return top_edge + cell_of(c) * c->classes + gap;
}

/* The part of the row's samples, from white to blue. */
static void draw_cell(FILE *out, const Confusion *c, double top, int row, int column) {
    int64_t all = 0;
    for (int i = 0; i < c->classes; i++) all += c->counts[row * c->classes + i];
    const int64_t count = c->counts[row * c->classes + column];
    const double part = all ? (double)count / (double)all : 0, cell = cell_of(c);
    const double x = left_edge + column * cell, y = top + row * cell;
    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"rgb(%d,%d,%d)\" "
            "stroke=\"#ddd\"/>\n",
            x, y, cell, cell, (int)(255 - 224 * part + .5), (int)(255 - 144 * part + .5),
            (int)(255 - 75 * part + .5));
    if (cell >= text_cell && count > 0)
        svg_text(out, x + cell / 2, y + cell / 2 + 4,
                 part > 0.6 ? " class=\"middle\" style=\"fill:#fff\"" : " class=\"middle\"",
                 format_text("%" PRId64, count));
}

static void draw_shares(FILE *out, const Confusion *c, double x, double y, int class) {
    const double shares[] = {confusion_precision(c, class), confusion_recall(c, class),
                             confusion_f1(c, class)};
    for (int i = 0; i < 3; i++)
        svg_text(out, x + 66 * i, y, " class=\"right\"",
                 isnan(shares[i]) ? "-" : format_text("%.3f", shares[i]));
}

static void draw_one(FILE *out, const Confusion *c, double y) {
    const double cell = cell_of(c), top = y + top_edge, end = left_edge + cell * c->classes;
    const bool words = cell >= 12;
    svg_text(out, left_edge, y + 24, " class=\"title\"",
             format_text("%s: rows are classes, columns what they were taken for", c->label));
    for (int i = 0; i < 3; i++) {
        static const char *const heads[] = {"precision", "recall", "F1"};
        svg_text(out, end + 66 * (i + 1), top - 8, " class=\"right\"", heads[i]);
    }
    for (int i = 0; i < c->classes; i++) {
        for (int k = 0; k < c->classes; k++) draw_cell(out, c, top, i, k);
        if (!words) continue;
        const double x = left_edge + (i + .7) * cell, middle = top + (i + .5) * cell + 4;
        svg_text(out, left_edge - 8, middle, " class=\"right\"", confusion_class(c, i));
        svg_text(out, x, top - 8, format_text(" transform=\"rotate(-40 %.1f %.1f)\"", x, top - 8),
                 confusion_class(c, i));
        draw_shares(out, c, end + 66, middle, i);
    }
}

bool confusion_plot(const Confusion *all, int n, const char *title, const char *path) {
    const size_t mark = memory_mark();
    NewFile *file = output_open(path);
    double height = 30, width = 560;
    for (int i = 0; i < n; i++) {
        const double right = left_edge + cell_of(&all[i]) * all[i].classes + right_part;
        height += height_of(&all[i]);
        if (right > width) width = right;
    }
    if (!file) return false;
    svg_begin(file->stream, (int)width, (int)height);
    svg_text(file->stream, left_edge, 22, "", title);
    double y = 22;
    for (int i = 0; i < n; y += height_of(&all[i]), i++) draw_one(file->stream, &all[i], y);
    svg_end(file->stream);
    const bool ok = output_commit(file);
    memory_release(mark);
    return ok;
}
