/* A network on a machine without a C library: reads the 784 bytes of a digit, writes its ten
 * probabilities and the digit as floats. Weights and network are one file of nngen --inference
 * --weights. Linux's system calls stand for the device's wires; with a C library it is a program
 * that does the same. */
#include "digit.h"

enum { BYTES = 784, CLASSES = 10 };

static _Alignas(NN_ALIGN) char work[NN_DIGIT_WORK_BYTES_1];
static unsigned char image[BYTES];
static float answer[CLASSES + 1];

static void ask(void) {
    const void *fields[NN_DIGIT_FIELDS] = {[NN_DIGIT_FIELD_IMAGE] = image};
    NnType types[NN_DIGIT_FIELDS] = {[NN_DIGIT_FIELD_IMAGE] = NN_U8};
    float *out[NN_DIGIT_PREDICTIONS] = {
        [NN_DIGIT_PREDICTION_P] = answer, [NN_DIGIT_PREDICTION_DIGIT] = answer + CLASSES};
    const NnCode *code = nn_model_digit.codes;
    while (!code->supported()) code++;
    NnCall call = {
        .state = (void *)(uintptr_t)nn_weights_digit, /* predict only reads it */
        .work = work,
        .fields = fields,
        .types = types,
        .batch = 1,
        .predictions = out,
    };
    code->predict(&call);
}

#if __STDC_HOSTED__

int main(void) {
    if (fread(image, 1, BYTES, stdin) != BYTES) return 1;
    ask();
    return fwrite(answer, sizeof *answer, CLASSES + 1, stdout) != CLASSES + 1;
}

#else

#if defined(__aarch64__)
enum { READ = 63, WRITE = 64, EXIT = 93 };

static long system_call(long number, long a, const void *b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register const void *x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

__asm__(".globl _start\n_start: bl begin\n");
#elif defined(__arm__)
enum { READ = 3, WRITE = 4, EXIT = 1 };

/* r7 is the frame pointer of Thumb code, so it is set by hand. */
static long system_call(long number, long a, const void *b, long c) {
    register long r3 __asm__("r3") = number;
    register long r0 __asm__("r0") = a;
    register const void *r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    __asm__ volatile("push {r7}\n mov r7, %1\n svc 0\n pop {r7}"
                     : "+r"(r0)
                     : "r"(r3), "r"(r1), "r"(r2)
                     : "memory");
    return r0;
}

__asm__(".syntax unified\n.thumb\n.globl _start\n.thumb_func\n_start: bl begin\n");
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int byte, size_t n);
void begin(void);

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    for (size_t i = 0; i < n; i++) ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t n) {
    for (size_t i = 0; i < n; i++) ((unsigned char *)to)[i] = (unsigned char)byte;
    return to;
}

void begin(void) {
    long n = 0;
    for (long got = 1; n < BYTES && got > 0; n += got > 0 ? got : 0)
        got = system_call(READ, 0, image + n, BYTES - n);
    if (n == BYTES) ask();
    const long wanted = (long)sizeof answer;
    system_call(EXIT, n != BYTES || system_call(WRITE, 1, answer, wanted) != wanted, NULL, 0);
}

#endif
