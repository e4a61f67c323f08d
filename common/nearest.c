/* Distances between words, for suggestions. */
#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_NAME = 40, MOST_SLIPS = 3, LETTERS_A_SLIP = 3, SHORT = 4, BEGINNING = 3 };

/* Folds to small letters. Returns false if the word is too long for a typing mistake. */
static bool fold(char out[MAX_NAME + 1], const char *name) {
    size_t n = strlen(name);
    if (n > MAX_NAME) return false;
    for (size_t i = 0; i <= n; i++) out[i] = (char)tolower((unsigned char)name[i]);
    return true;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* The fewest slips between two words (Damerau's distance, no letter swapped twice), where a
 * replaced letter counts as `other`. */
static int slips(const char *a, const char *b, int other) {
    int na = (int)strlen(a), nb = (int)strlen(b), d[MAX_NAME + 1][MAX_NAME + 1];
    for (int i = 0; i <= na; i++) d[i][0] = i;
    for (int j = 0; j <= nb; j++) d[0][j] = j;
    for (int i = 1; i <= na; i++)
        for (int j = 1; j <= nb; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : other);
            best = least(best, 1 + least(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, 1 + d[i - 2][j - 2]);
            d[i][j] = best;
        }
    return d[na][nb];
}

/* Number of slips from `a` to `b`; more than MOST_SLIPS if they are not near. */
static int apart(const char *a, const char *b) {
    const int na = (int)strlen(a), nb = (int)strlen(b), longer = na > nb ? na : nb;
    const bool begins = a[0] == b[0] || (a[0] && a[0] == b[1] && a[1] == b[0]);
    const int near = least(MOST_SLIPS, longer / LETTERS_A_SLIP);
    int n = slips(a, b, longer < SHORT ? MOST_SLIPS : 1);
    if (n > near || (n > 0 && longer <= SHORT && !begins)) n = MOST_SLIPS + 1;
    if (na >= BEGINNING && nb > na && memcmp(a, b, (size_t)na) == 0) n = least(n, 1);
    return n;
}

const char *nearest_name(const char *name, const char *const *names) {
    char wanted[MAX_NAME + 1], candidate[MAX_NAME + 1];
    const char *best = NULL;
    if (!fold(wanted, name)) return NULL;
    for (int fewest = MOST_SLIPS + 1; *names; names++) {
        const int n = fold(candidate, *names) ? apart(wanted, candidate) : MOST_SLIPS + 1;
        if (n < fewest) {
            fewest = n;
            best = *names;
        }
    }
    return best;
}
