#ifndef NNGEN_VERSION
#define NNGEN_VERSION "0.1.0"
#endif
