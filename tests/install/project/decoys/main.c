#error "nngen's main.c was meant"
