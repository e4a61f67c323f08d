#ifndef NNGEN_VERSION
#define NNGEN_VERSION "0.2.0"
#endif
