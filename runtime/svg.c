/* Pictures as SVG. */
#include "svg.h"

#include <math.h>

void svg_begin(FILE *out, int width, int height) {
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\">\n"
            "<style>text { font: 12px sans-serif; fill: #222 } .title { font-weight: bold } "
            ".right { text-anchor: end } .middle { text-anchor: middle } "
            ".axis { stroke: #444; fill: none } .grid { stroke: #ddd; fill: none }</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height, width, height);
}

void svg_end(FILE *out) {
    fputs("</svg>\n", out);
}

/* Control characters are no part of XML. */
static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else
            fputc(c < ' ' || c == 127 ? '?' : c, out);
    }
}

void svg_text(FILE *out, double x, double y, const char *attributes, const char *text) {
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    put_escaped(out, text);
    fputs("</text>\n", out);
}

double svg_tick(double range) {
    const double parts = 5, least = range / parts, power = pow(10, floor(log10(least)));
    const double part = least / power;
    return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}
