/* Draws the curves of a training. */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "file.h"
#include "svg.h"
#include "table.h"

enum { PANEL_WIDTH = 440, PANEL_HEIGHT = 260, LEFT = 64, RIGHT = 16, TOP = 34, BOTTOM = 36 };
enum { HEAD = 62, MOST_POINTS = 2000 };

void plot_begin(Plot *plot, int width) {
    plot->n = 0;
    plot->width = width;
}

void plot_add(Plot *plot, PlotPlace at, const double *values) {
    if (plot->n == plot->room) {
        const Plot old = *plot;
        plot->room = 2 * plot->room + 64;
        plot->places = allocate((size_t)plot->room, sizeof *plot->places);
        plot->values = allocate((size_t)plot->room * (size_t)plot->width, sizeof *plot->values);
        if (old.n > 0) {
            memcpy(plot->places, old.places, (size_t)old.n * sizeof *old.places);
            memcpy(plot->values, old.values,
                   (size_t)old.n * (size_t)old.width * sizeof *old.values);
        }
    }
    plot->places[plot->n] = at;
    memcpy(plot->values + (size_t)plot->n++ * (size_t)plot->width, values,
           (size_t)plot->width * sizeof *values);
}

/* Epochs before each phase: earlier ones are as long as they became. */
static double *epochs_before(const Plot *plot, const double *epoch_steps, int n_phases) {
    double *before = allocate((size_t)n_phases + 1, sizeof *before);
    for (int i = 0; i < plot->n; i++) {
        const PlotPlace at = plot->places[i];
        before[at.phase + 1] = before[at.phase] + (double)at.step / epoch_steps[at.phase];
    }
    return before;
}

/* One field of the picture: what is drawn where. */
typedef struct Panel {
    FILE *out;
    const Plot *plot;
    const double *x; /* of the evaluations */
    int best;        /* one of these; -1: none is marked */
    double left, top, width, height;
    double x_end, low, high;
} Panel;

static double across(const Panel *p, double x) {
    return p->left + x / p->x_end * p->width;
}

static double down(const Panel *p, double y) {
    return p->top + (p->high - y) / (p->high - p->low) * p->height;
}

static double value_at(const Plot *plot, int i, int column) {
    return plot->values[(size_t)i * (size_t)plot->width + (size_t)column];
}

/* Makes room for the finite values of the column. */
static void fit_range(Panel *p, int column) {
    for (int i = 0; i < p->plot->n; i++) {
        const double y = value_at(p->plot, i, column);
        if (!isfinite(y)) continue;
        if (y < p->low) p->low = y;
        if (y > p->high) p->high = y;
    }
}

/* A curve breaks where a value is not finite. Of many points some are drawn. */
static void draw_curve(const Panel *p, int column, const char *style) {
    const int stride = p->plot->n / MOST_POINTS + 1;
    bool drawing = false;
    for (int i = 0; i < p->plot->n; i++) {
        const double y = value_at(p->plot, i, column);
        if (i % stride != 0 && i + 1 < p->plot->n) continue;
        if (!isfinite(y)) {
            if (drawing) fprintf(p->out, "\" %s/>\n", style);
            drawing = false;
            continue;
        }
        fprintf(p->out, "%s%.1f,%.1f", drawing ? " " : "<polyline points=\"", across(p, p->x[i]),
                down(p, y));
        drawing = true;
    }
    if (drawing) fprintf(p->out, "\" %s/>\n", style);
    if (p->plot->n == 1 && isfinite(value_at(p->plot, 0, column)))
        fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" %s/>\n", across(p, p->x[0]),
                down(p, value_at(p->plot, 0, column)), style);
}

static void draw_axes(const Panel *p, const char *title) {
    const double bottom = p->top + p->height, right = p->left + p->width;
    const double dy = svg_tick(p->high - p->low), dx = svg_tick(p->x_end);
    svg_text(p->out, p->left, p->top - 10, " class=\"title\"", title);
    for (double y = ceil(p->low / dy) * dy; y <= p->high + dy * 1e-9; y += dy) {
        fprintf(p->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", p->left, down(p, y),
                right);
        svg_text(p->out, p->left - 6, down(p, y) + 4, " class=\"right\"",
                 real_text(fabs(y) < dy * 1e-9 ? 0 : y, 6));
    }
    for (double x = 0; x <= p->x_end * (1 + 1e-9); x += dx) {
        fprintf(p->out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>\n", across(p, x), p->top,
                bottom);
        svg_text(p->out, across(p, x), bottom + 16, " class=\"middle\"", real_text(x, 6));
    }
    fprintf(p->out, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", p->left, p->top, bottom,
            right);
    svg_text(p->out, right, bottom + 31, " class=\"right\"", "epochs");
}

static const struct {
    const char *prefix, *name, *style;
} curves[] = {
    {"", "running", "fill=\"none\" stroke=\"#9ab\" stroke-width=\"1.2\" stroke-dasharray=\"4 3\""},
    {"train_", "train", "fill=\"none\" stroke=\"#1f6fb4\" stroke-width=\"1.6\""},
    {"val_", "val", "fill=\"none\" stroke=\"#d9540b\" stroke-width=\"1.6\""},
};
enum { CURVES = sizeof curves / sizeof *curves };

/* The column of a curve; -1: it has none. Only losses have running ones. */
static int column_of(const Columns *columns, int curve, const char *value) {
    const char *name = format_text("%s%s", curves[curve].prefix, value);
    for (int i = 0; i < columns->n; i++)
        if (strcmp(columns->list[i].name, name) == 0 && (curve > 0) == (i >= columns->running))
            return i;
    return -1;
}

static void draw_panel(Panel *p, const Columns *columns, const char *value) {
    p->low = INFINITY, p->high = -INFINITY;
    for (int c = 0; c < CURVES; c++)
        if (column_of(columns, c, value) >= 0) fit_range(p, column_of(columns, c, value));
    if (!(p->low <= p->high)) p->low = 0, p->high = 1;
    const double margin =
        p->high > p->low ? (p->high - p->low) * 0.05 : fabs(p->high) * 0.05 + 1e-9;
    p->low -= margin;
    p->high += margin;
    draw_axes(p, value);
    const bool marked = p->best >= 0;
    if (marked)
        fprintf(p->out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#2a7\" stroke-dasharray=\"2 3\"/>\n",
                across(p, p->x[p->best]), p->top, p->top + p->height);
    for (int c = 0; c < CURVES; c++)
        if (column_of(columns, c, value) >= 0)
            draw_curve(p, column_of(columns, c, value), curves[c].style);
    const int val = column_of(columns, CURVES - 1, value);
    if (marked && val >= 0 && isfinite(value_at(p->plot, p->best, val)))
        fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#2a7\"/>\n",
                across(p, p->x[p->best]), down(p, value_at(p->plot, p->best, val)));
}

/* What the curves are, and the best evaluation. */
static void draw_head(FILE *out, const Columns *columns, PlotText text) {
    double x = LEFT;
    svg_text(out, LEFT, 22, " class=\"title\"", text.title);
    for (int c = 0; c < CURVES; c++) {
        if (column_of(columns, c, "loss") < 0 && column_of(columns, c, "loss_1") < 0) continue;
        fprintf(out, "<path d=\"M%.1f 40h22\" %s/>\n", x, curves[c].style);
        svg_text(out, x + 28, 44, "", curves[c].name);
        x += 90;
    }
    if (!text.best) return;
    fprintf(out, "<circle cx=\"%.1f\" cy=\"40\" r=\"4\" fill=\"#2a7\"/>\n", x + 6);
    svg_text(out, x + 16, 44, "", text.best);
}

bool plot_write(const Plot *plot, const Columns *columns, const NnModel *model, PlotText text,
                const char *path) {
    const size_t mark = memory_mark();
    const int losses = columns_have_loss(model);
    const int panels = model->n_metrics + losses, rows = (panels + 1) / 2,
              per_row = panels > 1 ? 2 : 1;
    const bool wide = per_row == 2;
    NewFile *file = output_open(path);
    if (!file) return false;
    const double *before = epochs_before(plot, text.epoch_steps, model->n_phases);
    double *x = allocate((size_t)plot->n + 1, sizeof *x), end = 1e-9;
    int best = -1;
    for (int i = 0; i < plot->n; i++) {
        const PlotPlace at = plot->places[i];
        x[i] = before[at.phase] + (double)at.step / text.epoch_steps[at.phase];
        if (x[i] > end) end = x[i];
        if (text.best && at.phase == text.best_at.phase && at.step == text.best_at.step) best = i;
    }
    svg_begin(file->stream, wide ? 2 * PANEL_WIDTH : PANEL_WIDTH + 160, HEAD + rows * PANEL_HEIGHT);
    draw_head(file->stream, columns, text);
    for (int i = 0; i < panels; i++) {
        Panel panel = {.out = file->stream,
                       .plot = plot,
                       .x = x,
                       .best = best,
                       .left = LEFT + i % per_row * PANEL_WIDTH,
                       .top = HEAD + TOP + i / per_row * PANEL_HEIGHT,
                       .width = (wide ? PANEL_WIDTH : PANEL_WIDTH + 160) - LEFT - RIGHT,
                       .height = PANEL_HEIGHT - TOP - BOTTOM,
                       .x_end = end};
        draw_panel(&panel, columns, i < losses ? "loss" : model->metrics[i - losses].name);
    }
    svg_end(file->stream);
    const bool ok = output_commit(file);
    memory_release(mark);
    return ok;
}
