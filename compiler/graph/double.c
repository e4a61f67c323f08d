/* Doubles as text: a short decimal where it reads back exactly, else hexadecimal. */
#include "double.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../base/diag.h"

/* Integers up to 2^53 and powers of ten up to 10^22 are doubles, so the quotient of two of them is
 * rounded once, and double_text tries exactly what double_read computes. */
enum { MAX_DECIMALS = 22 };
static const double max_whole = 9007199254740992.0, max_shown = 1e15;

/* whole / 10^decimals: 0.001, 1e-08 */
static const char *decimal(Arena *arena, const char *sign, double whole, int decimals) {
    char *digits = arena_printf(arena, "%0*.0f", decimals + 1, whole);
    if (!decimals) return arena_printf(arena, "%s%s", sign, digits);
    int n = (int)strlen(digits), zeros = (int)strspn(digits, "0");
    if (zeros < 5) {
        char *fraction = digits + n - decimals;
        return arena_printf(arena, "%s%.*s.%s", sign, n - decimals, digits, fraction);
    }
    const char *rest = digits + zeros + 1, *point = *rest ? "." : "";
    return arena_printf(arena, "%s%c%s%se-%02d", sign, digits[zeros], point, rest, zeros);
}

/* 0x1.8p+1 */
static const char *hexadecimal(Arena *arena, const char *sign, double magnitude) {
    int exponent;
    uint64_t bits = (uint64_t)ldexp(frexp(magnitude, &exponent), 53);
    char *digits = arena_printf(arena, "%013llx", (unsigned long long)(bits << 12 >> 12));
    for (size_t n = strlen(digits); n && digits[n - 1] == '0'; n--) digits[n - 1] = '\0';
    return arena_printf(arena, "%s0x1%s%sp%+d", sign, *digits ? "." : "", digits, exponent - 1);
}

const char *double_text(Arena *arena, double value) {
    if (!isfinite(value)) bug("a number of the graph is not finite");
    const char *sign = signbit(value) ? "-" : "";
    double magnitude = fabs(value), scale = 1;
    for (int k = 0; k <= MAX_DECIMALS; k++, scale *= 10) {
        double whole = nearbyint(magnitude * scale);
        if (whole >= max_shown) break;
        if (whole / scale == magnitude) return decimal(arena, sign, whole, k);
    }
    return hexadecimal(arena, sign, magnitude);
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool skip(const char **text, char c) {
    if (**text != c) return false;
    (*text)++;
    return true;
}

/* Appends the digits of a base to `*value`, which stays exact; returns their number. */
static int digits_of(const char **text, int base, double *value) {
    int n = 0;
    for (; digit(**text) < base; n++) {
        *value = *value * base + digit(*(*text)++);
        if (*value > max_whole) bug("graph text: a number has too many digits at `%.40s`", *text);
    }
    return n;
}

static int exponent_of(const char **text, char letter) {
    if (!skip(text, letter)) return 0;
    double value = 0;
    bool down = skip(text, '-');
    if (!down) skip(text, '+');
    if (!digits_of(text, 10, &value) || value > 5000) bug("graph text: bad exponent");
    return down ? -(int)value : (int)value;
}

double double_read(const char **text) {
    const char *start = *text;
    bool negative = skip(text, '-'), hex = (*text)[0] == '0' && (*text)[1] == 'x';
    if (hex) *text += 2;
    double value = 0;
    int base = hex ? 16 : 10, digits = digits_of(text, base, &value), fraction = 0;
    if (skip(text, '.')) fraction = digits_of(text, base, &value);
    int exponent = exponent_of(text, hex ? 'p' : 'e');
    if (!digits) bug("graph text: expected a number at `%.40s`", start);
    if (hex) {
        value = ldexp(value, exponent - 4 * fraction);
    } else {
        double scale = 1;
        if (exponent > 0 || fraction - exponent > MAX_DECIMALS)
            bug("graph text: a number with too many places at `%.40s`", start);
        for (int i = exponent; i < fraction; i++) scale *= 10;
        value /= scale;
    }
    return negative ? -value : value;
}
