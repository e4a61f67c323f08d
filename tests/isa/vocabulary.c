/* Writes a program that prints, for arguments over the whole range, the bits of every function of
 * an instruction set's vocabulary: the same lines must come from all of them. With `error` it
 * prints the largest error against the C library in double instead. */
#include <stdio.h>
#include <string.h>

#include "../../compiler/isa/isa.h"

static const char body[] =
    "#define CASE(name, call, truth, scale) do { \\\n"
    "    double worst = 0; \\\n"
    "    for (int i = -4000; i < 4000; i++) { \\\n"
    "        float in[16], out[16]; \\\n"
    "        for (int l = 0; l < 16; l++) in[l] = ((float)i + (float)l / 16.0f) * (scale); \\\n"
    "        const F16 x = LOAD(in); (void)x; STORE(out, call); \\\n"
    "        for (int l = 0; l < 16; l++) { \\\n"
    "            const double v = (double)in[l], t = truth; (void)v; \\\n"
    "            const double e = fabs((double)out[l] - t) / (fabs(t) > 1e-30 ? fabs(t) : 1.0); "
    "\\\n"
    "            if (e > worst) worst = e; \\\n"
    "            uint32_t u; memcpy(&u, &out[l], 4); sum = sum * 31 + u; } \\\n"
    "    } \\\n"
    "    if (error) { printf(\"%s %.3g\\n\", name, worst); if (worst > limit) failed = 1; } \\\n"
    "    else printf(\"%s %08x\\n\", name, sum); } while (0)\n"
    "/* Zeros of either sign, infinities and NaN in all pairs; a NaN is a NaN, whatever its bits. "
    "*/\n"
    "#define ODD(name, call) do { \\\n"
    "    for (int i = 0; i < 64; i += 16) { \\\n"
    "        const F16 x = LOAD(p + i), y = LOAD(q + i); (void)y; \\\n"
    "        float out[16]; STORE(out, call); \\\n"
    "        printf(\"%s\", name); \\\n"
    "        for (int l = 0; l < 16; l++) { \\\n"
    "            uint32_t u; memcpy(&u, &out[l], 4); \\\n"
    "            if (out[l] != out[l]) printf(\" nan\"); else printf(\" %x\", u); } \\\n"
    "        printf(\"\\n\"); } } while (0)\n"
    "static int run(int error) {\n"
    "    uint32_t sum = 0; int failed = 0; double limit = 3e-7;\n"
    "    CASE(\"exp\", EXP(x), exp(v), 0.02f);\n"
    "    CASE(\"log\", LOG(ADD(ABS(x), SET(1e-3f))), log((double)(fabsf(in[l]) + 1e-3f)), 0.37f);\n"
    "    CASE(\"sigmoid\", SIGMOID(x), 1.0 / (1.0 + exp(-v)), 0.02f);\n"
    "    CASE(\"tanh\", TANH(x), tanh(v), 0.003f);\n"
    "    limit = 1e-6;\n"
    "    CASE(\"sum16\", SET(SUM16(ABS(x))), ({ double s = 0; for (int k = 0; k < 16; k++) s += "
    "fabs((double)in[k]); s; }), 0.1f);\n"
    "    CASE(\"max16\", SET(MAX16(x)), ({ double m = in[0]; for (int k = 0; k < 16; k++) m = "
    "fmax(m, (double)in[k]); m; }), 0.1f);\n"
    "    CASE(\"lanes\", LANES(x, 3, 7), (l >= 3 && l < 10 ? v : 0.0), 0.1f);\n"
    "    CASE(\"relu\", RELU(x), fmax(v, 0), 0.1f);\n"
    "    uint8_t bytes[16];\n"
    "    CASE(\"bytes\", (STORE_BYTES(bytes, IADD(IOTA(), ISET(200))), "
    "TO_FLOAT(LOAD_BYTES(bytes))), (double)(l + 200), 0.1f);\n"
    "    float square[256], turned[256];\n"
    "    for (int i = 0; i < 256; i++) square[i] = (float)i;\n"
    "    for (int part = 0; part < 2; part++) {\n"
    "        memset(turned, 0, sizeof turned);\n"
    "        if (part) TRANSPOSE_PART(square, 5, turned, 11); else TRANSPOSE(square, turned);\n"
    "        for (int i = 0; i < 256; i++) {\n"
    "            const int rows = part ? 5 : 16, columns = part ? 11 : 16;\n"
    "            const int kept = i % 16 < rows && i / 16 < columns;\n"
    "            if (turned[i] != (kept ? square[i % 16 * 16 + i / 16] : 0.0f)) failed = 1; } }\n"
    "    for (int i = -200; i < 200; i++) {\n"
    "        float in[16], row[16], to[32]; int32_t at[32]; int n = 0, alive = 0;\n"
    "        for (int l = 0; l < 16; l++) row[l] = (float)l, in[l] = (i * (l + 3)) % 7 < 3 ? "
    "(float)(i + l) : l % 2 ? -0.0f : 0.0f;\n"
    "        n = COMPRESS(to, at, NONZERO(LOAD(in)), LOAD(row), IOTA());\n"
    "        for (int l = 0; l < 16; l++) if (in[l] != 0.0f) {\n"
    "            if (to[alive] != (float)l || at[alive] != l) failed = 1;\n"
    "            alive++; }\n"
    "        if (alive != n) failed = 1; }\n"
    "    NnDrop d = {.key = 12345, .threshold = 19661, .first = 7, .words = 4096, .scale = 1.0f};\n"
    "    double kept = 0;\n"
    "    for (int e = 0; e < 1 << 18; e += 16) { float out[16]; STORE(out, DROPPED(SET(1.0f), &d, "
    "e & 1023, e));\n"
    "        for (int l = 0; l < 16; l++) { kept += (double)out[l]; sum = sum * 31 + (out[l] > "
    "0.0f); } }\n"
    "    if (error) { printf(\"dropout keeps %.4f\\n\", kept / (1 << 18)); if (fabs(kept / (1 << "
    "18) - 0.7) > 0.004) failed = 1; }\n"
    "    else printf(\"dropout %08x\\n\", sum);\n"
    "    const float odd[8] = {0.0f, -0.0f, 1.5f, -1.5f, INFINITY, -INFINITY, NAN, -100.0f};\n"
    "    float p[64], q[64];\n"
    "    for (int i = 0; i < 64; i++) p[i] = odd[i / 8], q[i] = odd[i % 8];\n"
    "    if (!error) {\n"
    "        ODD(\"max\", MAX(x, y)); ODD(\"min\", MIN(x, y)); ODD(\"neg\", NEG(x)); "
    "ODD(\"abs\", ABS(x));\n"
    "        ODD(\"gt\", SELECT(GT(x, y), x, y)); ODD(\"wins\", SELECT(WINS(x, y), x, y));\n"
    "        ODD(\"keep\", KEEP(GT(x, y), x)); ODD(\"sqrt\", SQRT(x)); ODD(\"div\", DIV(x, "
    "y));\n"
    "        ODD(\"relu\", RELU(x)); ODD(\"positive\", POSITIVE(x, y)); ODD(\"exp\", EXP(x));\n"
    "        ODD(\"tanh\", TANH(x)); ODD(\"sigmoid\", SIGMOID(x));\n"
    "    }\n"
    "    return failed;\n"
    "}\n"
    "int main(int argc, char **argv) { (void)argv; return run(argc > 1); }\n";

int main(int argc, char **argv) {
    const Isa *isa = argc > 1 ? isa_by_name(argv[1]) : NULL;
    if (!isa) return 2;
    Arena *arena = arena_new();
    Writer *w = writer_new(arena);
    w_raw(w, "#include <math.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n");
    if (isa->target) w_raw(w, "#include <immintrin.h>\n");
    w_raw(w,
          "typedef struct NnDrop { uint32_t key, threshold, first, words; float scale; } NnDrop;\n"
          "#define NN_ZERO(p, bytes) memset((p), 0, (bytes))\n#define NN_COPY memcpy\n");
    isa_open(w, isa);
    char text[sizeof body];
    memcpy(text, body, sizeof body);
    char *run = strstr(text, "static int run");
    *run = '\0';
    w_raw(w, text);
    if (isa->target) w_line(w, "__attribute__((target(\"%s\")))", isa->target);
    w_raw(w, body + (run - text));
    fputs(writer_text(w), stdout);
    arena_free(arena);
    return 0;
}
