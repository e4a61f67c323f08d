/* Draws what classes are taken for. */
#include <inttypes.h>
#include <math.h>

#include "confusion.h"
#include "file.h"
#include "svg.h"
#include "table.h"

enum { LEFT = 130, TOP = 86, SIDE = 480, MOST_CELL = 44, LEAST_CELL = 6, GAP = 40, RIGHT = 230 };
enum { TEXT_CELL = 22 }; /* smaller cells have no numbers in them */

static double cell_of(const Confusion *c) {
    const double cell = (double)SIDE / c->classes;
    return cell > MOST_CELL ? MOST_CELL : cell < LEAST_CELL ? LEAST_CELL : cell;
}

static double height_of(const Confusion *c) {
    return TOP + cell_of(c) * c->classes + GAP;
}

/* The part of the row's samples, from white to blue. */
static void draw_cell(FILE *out, const Confusion *c, double top, int row, int column) {
    int64_t all = 0;
    for (int i = 0; i < c->classes; i++) all += c->counts[row * c->classes + i];
    const int64_t count = c->counts[row * c->classes + column];
    const double part = all ? (double)count / (double)all : 0, cell = cell_of(c);
    const double x = LEFT + column * cell, y = top + row * cell;
    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"rgb(%d,%d,%d)\" "
            "stroke=\"#ddd\"/>\n",
            x, y, cell, cell, (int)(255 - 224 * part + .5), (int)(255 - 144 * part + .5),
            (int)(255 - 75 * part + .5));
    if (cell >= TEXT_CELL && count > 0)
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
    const double cell = cell_of(c), top = y + TOP, end = LEFT + cell * c->classes;
    const bool words = cell >= 12;
    svg_text(out, LEFT, y + 24, " class=\"title\"",
             format_text("%s: rows are classes, columns what they were taken for", c->label));
    for (int i = 0; i < 3; i++) {
        static const char *const heads[] = {"precision", "recall", "F1"};
        svg_text(out, end + 66 * (i + 1), top - 8, " class=\"right\"", heads[i]);
    }
    for (int i = 0; i < c->classes; i++) {
        for (int k = 0; k < c->classes; k++) draw_cell(out, c, top, i, k);
        if (!words) continue;
        const double x = LEFT + (i + .7) * cell, middle = top + (i + .5) * cell + 4;
        svg_text(out, LEFT - 8, middle, " class=\"right\"", confusion_class(c, i));
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
        const double right = LEFT + cell_of(&all[i]) * all[i].classes + RIGHT;
        height += height_of(&all[i]);
        if (right > width) width = right;
    }
    if (!file) return false;
    svg_begin(file->stream, (int)width, (int)height);
    svg_text(file->stream, LEFT, 22, "", title);
    double y = 22;
    for (int i = 0; i < n; y += height_of(&all[i]), i++) draw_one(file->stream, &all[i], y);
    svg_end(file->stream);
    const bool ok = output_commit(file);
    memory_release(mark);
    return ok;
}
