#include "interval.h"

#include <string.h>

static const Linear unbounded = {0, 0, true};
const Interval interval_all = {{0, 0, true}, {0, 0, true}};
static const Interval interval_bool = {{0, 0, false}, {0, 1, false}};

static bool linear_equal(Linear a, Linear b) {
    return a.unbounded ? b.unbounded : !b.unbounded && a.a == b.a && a.b == b.b;
}

bool interval_equal(Interval a, Interval b) {
    return linear_equal(a.low, b.low) && linear_equal(a.high, b.high);
}

Linear linear_add(Linear a, Linear b) {
    if (a.unbounded || b.unbounded) return unbounded;
    return (Linear){a.a + b.a, a.b + b.b, false};
}

static Linear linear_scale(Linear a, int64_t factor) {
    if (factor == 0) return (Linear){0, 0, false};
    return a.unbounded ? a : (Linear){a.a * factor, a.b * factor, false};
}

bool linear_at_most(Linear a, Linear b) {
    if (b.unbounded) return true;
    if (a.unbounded) return false;
    return b.a >= a.a && b.a + b.b >= a.a + a.b;
}

/* Of two upper bounds that hold, the lower one; the one that grows less with n if neither is lower
 * for every n. */
static Linear lower_of(Linear a, Linear b) {
    if (a.unbounded || b.unbounded) return a.unbounded ? b : a;
    if (linear_at_most(a, b)) return a;
    return linear_at_most(b, a) || b.a < a.a ? b : a;
}

static Linear negated(Linear a) {
    return linear_scale(a, -1);
}

Interval interval_join(Interval a, Interval b) {
    Interval r = {unbounded, unbounded};
    if (!a.low.unbounded && !b.low.unbounded)
        r.low = linear_at_most(a.low, b.low)   ? a.low
                : linear_at_most(b.low, a.low) ? b.low
                                               : unbounded;
    if (!a.high.unbounded && !b.high.unbounded)
        r.high = linear_at_most(a.high, b.high)   ? b.high
                 : linear_at_most(b.high, a.high) ? a.high
                                                  : unbounded;
    return r;
}

Interval interval_meet(Interval a, Interval b) {
    return (Interval){negated(lower_of(negated(a.low), negated(b.low))), lower_of(a.high, b.high)};
}

static Interval interval_add(Interval a, Interval b) {
    return (Interval){linear_add(a.low, b.low), linear_add(a.high, b.high)};
}

static Interval interval_scale(Interval a, int64_t factor) {
    Interval r = {linear_scale(a.low, factor), linear_scale(a.high, factor)};
    return factor < 0 ? (Interval){r.high, r.low} : r;
}

static bool is_plain(Interval r) {
    return !r.low.unbounded && !r.high.unbounded && r.low.a == 0 && r.high.a == 0;
}

static bool is_constant(Interval r) {
    return is_plain(r) && r.low.b == r.high.b;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* C's quotient for a positive divisor. Where the multiple of n does not divide, (a n + b) / k is at
 * most ceil(a / k) n + floor(b / k) + 1, as b counts little. */
static Interval interval_divide(Interval x, int64_t by) {
    Interval r = interval_all;
    bool positive = linear_at_most((Linear){0, 0, false}, x.low) && !x.low.unbounded;
    if (!positive)
        return is_plain(x) ? (Interval){{0, x.low.b / by, false}, {0, x.high.b / by, false}} : r;
    r.low = x.low.a ? (Linear){0, 0, false} : (Linear){0, x.low.b / by, false};
    if (x.high.unbounded) return r;
    if (x.high.a % by == 0)
        r.high = (Linear){x.high.a / by, floor_div(x.high.b, by), false};
    else
        r.high = (Linear){floor_div(x.high.a + by - 1, by), floor_div(x.high.b, by) + 1, false};
    return r;
}

static Interval interval_remainder(Interval x, int64_t by) {
    bool positive = linear_at_most((Linear){0, 0, false}, x.low) && !x.low.unbounded;
    if (positive && is_plain(x) && x.high.b < by) return x;
    return (Interval){{0, positive ? 0 : 1 - by, false}, {0, by - 1, false}};
}

static Interval interval_multiply(Interval a, Interval b) {
    if (is_constant(a)) return interval_scale(b, a.low.b);
    if (is_constant(b)) return interval_scale(a, b.low.b);
    if (!is_plain(a) || !is_plain(b)) return interval_all;
    int64_t low = INT64_MAX, high = INT64_MIN, x[2] = {a.low.b, a.high.b},
            y[2] = {b.low.b, b.high.b};
    for (int i = 0; i < 4; i++) {
        int64_t product = x[i / 2] * y[i % 2];
        if (product < low) low = product;
        if (product > high) high = product;
    }
    return (Interval){{0, low, false}, {0, high, false}};
}

Sum sum_constant(Linear constant) {
    return (Sum){.constant = constant, .rest = {{0, 0, false}, {0, 0, false}}};
}

static Sum sum_rest(Interval rest) {
    Sum s = sum_constant((Linear){0, 0, false});
    s.rest = rest;
    return s;
}

Sum sum_add(const Sum *a, const Sum *b, int64_t factor) {
    Sum s = *a;
    s.constant = linear_add(s.constant, linear_scale(b->constant, factor));
    s.rest = interval_add(s.rest, interval_scale(b->rest, factor));
    for (int i = 0; i < b->n_terms; i++) {
        int at = 0;
        while (at < s.n_terms && s.terms[at].name != b->terms[i].name) at++;
        if (at == MAX_TERMS) {
            s.rest = interval_add(
                s.rest, interval_scale(b->terms[i].name->range, factor * b->terms[i].factor));
            continue;
        }
        if (at == s.n_terms) {
            s.terms[at].name = b->terms[i].name;
            s.terms[at].factor = 0;
            s.n_terms++;
        }
        s.terms[at].factor += factor * b->terms[i].factor;
        if (s.terms[at].factor == 0) s.terms[at] = s.terms[--s.n_terms];
    }
    return s;
}

/* Whether both are written the same. */
static bool is_same(const Expr *a, const Expr *b) {
    if (a->kind != b->kind || a->n_in != b->n_in || a->name != b->name || a->value != b->value ||
        a->word != b->word ||
        (a->text && b->text ? strcmp(a->text, b->text) != 0 : a->text != b->text))
        return false;
    for (int i = 0; i < a->n_in; i++)
        if (!is_same(a->in[i], b->in[i])) return false;
    return true;
}

bool is_minimum(const Expr *e, const Expr **a, const Expr **b) {
    if (e->kind != EXPR_CHOICE || e->in[0]->kind != EXPR_BINARY) return false;
    const bool less = !strcmp(e->in[0]->text, "<"), more = !strcmp(e->in[0]->text, ">");
    *a = e->in[1];
    *b = e->in[2];
    return (less || more) && is_same(e->in[0]->in[more], *a) && is_same(e->in[0]->in[less], *b);
}

static Sum sum_of_choice(const Expr *e) {
    const Sum a = sum_of(e->in[1]), b = sum_of(e->in[2]);
    const Interval x = sum_interval(&a), y = sum_interval(&b);
    const Expr *p, *q;
    Interval r = interval_join(x, y);
    if (is_minimum(e, &p, &q)) r.high = lower_of(x.high, y.high);
    return sum_rest(r);
}

static Sum sum_of_binary(const Expr *e) {
    if (e->type.base == BASE_BOOL) return sum_rest(interval_bool);
    const Sum a = sum_of(e->in[0]), b = sum_of(e->in[1]);
    if (*e->text == '+') return sum_add(&a, &b, 1);
    if (*e->text == '-') return sum_add(&a, &b, -1);
    const Interval x = sum_interval(&a), y = sum_interval(&b);
    const Sum zero = sum_constant((Linear){0, 0, false});
    if (*e->text == '*' && is_constant(y)) return sum_add(&zero, &a, y.low.b);
    if (*e->text == '*' && is_constant(x)) return sum_add(&zero, &b, x.low.b);
    if (*e->text == '*') return sum_rest(interval_multiply(x, y));
    if (!is_constant(y) || y.low.b <= 0) return sum_rest(interval_all);
    if (*e->text == '&') return sum_rest((Interval){{0, 0, false}, y.high});
    return sum_rest(*e->text == '/' ? interval_divide(x, y.low.b) : interval_remainder(x, y.low.b));
}

/* What a table has in a place that is known, else what it may have. */
static Sum sum_of_element(const Expr *e) {
    const Memory *m = e->in[0]->kind == EXPR_NAME ? e->in[0]->name->memory : NULL;
    if (!m) return sum_rest(interval_all);
    if (!m->table) return sum_rest(m->content);
    const Sum at = sum_of(e->in[1]);
    const Interval r = sum_interval(&at);
    const bool known = is_constant(r) && r.low.b >= 0 && r.low.b < m->size.b;
    return known ? sum_constant((Linear){0, m->table[r.low.b], false}) : sum_rest(m->content);
}

Sum sum_of(const Expr *e) {
    switch (e->kind) {
    case EXPR_NUMBER:
        return sum_constant((Linear){0, e->value, false});
    case EXPR_NAME: {
        Sum s = sum_constant((Linear){0, 0, false});
        const Interval r = e->name->range;
        if (!r.low.unbounded && linear_equal(r.low, r.high)) return sum_constant(r.low);
        s.n_terms = 1;
        s.terms[0].name = e->name;
        s.terms[0].factor = 1;
        return s;
    }
    case EXPR_CAST:
        return sum_of(e->in[0]);
    case EXPR_UNARY: {
        if (*e->text == '!') return sum_rest(interval_bool);
        const Sum zero = sum_constant((Linear){0, 0, false}), in = sum_of(e->in[0]);
        return *e->text == '-' ? sum_add(&zero, &in, -1) : sum_rest(interval_all);
    }
    case EXPR_BINARY:
        return sum_of_binary(e);
    case EXPR_CHOICE:
        return sum_of_choice(e);
    case EXPR_INDEX:
        return sum_of_element(e);
    case EXPR_CALL:
    case EXPR_MEMBER:
        break;
    }
    return sum_rest(interval_all);
}

/* The sum with the term replaced by `by`. */
static Sum replaced(const Sum *sum, int term, const Sum *by) {
    Sum s = *sum;
    const int64_t factor = s.terms[term].factor;
    s.terms[term] = s.terms[--s.n_terms];
    return sum_add(&s, by, factor);
}

enum { MAX_DEPTH = 4 }; /* replacements one after the other */

/* Sums that a name is at most (or at least: high false) equal to; returns their number. */
static int ends_of(const Name *name, bool high, const Sum *ends[2]) {
    int n = 0;
    if (!name->bounds) return 0;
    const Sum *const *bounds = high ? name->bounds->high : name->bounds->low;
    for (int i = 0; i < 2; i++)
        if (bounds[i]) ends[n++] = bounds[i];
    return n;
}

/* Whether replacing a term of this factor by `by`, and names of that by their ends, makes a name of
 * the sum cancel. */
static bool cancels(const Sum *sum, int64_t factor, const Sum *by, int depth) {
    for (int i = 0; i < by->n_terms; i++) {
        const int64_t f = factor * by->terms[i].factor;
        for (int j = 0; j < sum->n_terms; j++)
            if (sum->terms[j].name == by->terms[i].name && (sum->terms[j].factor < 0) != (f < 0))
                return true;
        const Sum *ends[2];
        const int n = depth < MAX_DEPTH ? ends_of(by->terms[i].name, f > 0, ends) : 0;
        for (int j = 0; j < n; j++)
            if (cancels(sum, f, ends[j], depth + 1)) return true;
    }
    return false;
}

/* Whether the name is this sum. It may be known better by now than when the name got its range. */
static bool is_equal_to(const Name *name, const Sum *end) {
    return name->bounds->low[0] == end && name->bounds->high[0] == end;
}

/* The upper bound that the ranges of the names give. */
static Linear plain_high(const Sum *sum) {
    Linear high = linear_add(sum->constant, sum->rest.high);
    for (int i = 0; i < sum->n_terms; i++) {
        const Interval r = sum->terms[i].name->range;
        const int64_t f = sum->terms[i].factor;
        high = linear_add(high, linear_scale(f > 0 ? r.high : r.low, f));
    }
    return high;
}

/* The lowest upper bound with names replaced by their ends. If `limit` is given, the first one that
 * is at most that. */
static Linear high_of(const Sum *sum, const Linear *limit, int depth) {
    Linear high = plain_high(sum);
    for (int i = 0; i < sum->n_terms && depth < MAX_DEPTH; i++) {
        const int64_t f = sum->terms[i].factor;
        const Sum *ends[2];
        const int n = ends_of(sum->terms[i].name, f > 0, ends);
        for (int j = 0; j < n; j++) {
            if (limit && !high.unbounded && linear_at_most(high, *limit)) return high;
            if (!is_equal_to(sum->terms[i].name, ends[j]) && !cancels(sum, f, ends[j], depth + 1))
                continue;
            const Sum other = replaced(sum, i, ends[j]);
            const Linear found = high_of(&other, limit, depth + 1);
            if (limit && !found.unbounded && linear_at_most(found, *limit)) return found;
            high = lower_of(high, found);
        }
    }
    return high;
}

bool sum_at_most(const Sum *sum, Linear limit) {
    const Linear high = high_of(sum, &limit, 0);
    return !high.unbounded && linear_at_most(high, limit);
}

Linear sum_high(const Sum *sum) {
    return high_of(sum, NULL, 0);
}

Linear sum_low(const Sum *sum) {
    const Sum zero = sum_constant((Linear){0, 0, false}), negative = sum_add(&zero, sum, -1);
    return negated(high_of(&negative, NULL, 0));
}

Interval sum_interval(const Sum *sum) {
    return (Interval){sum_low(sum), sum_high(sum)};
}
