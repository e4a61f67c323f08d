#!/bin/sh
# nn.h and a generated header in C++, with both compilers: a network that is trained there has the bits of a program's.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "built in the plain builds"
need_tools awk
command -v clang++ >/dev/null || command -v g++ >/dev/null || skip "no C++ compiler"
cd "$scratch"
. "$NNGEN_SOURCE/tests/embed/common"
made_rows 150
CC=$NNGEN_CC CFLAGS=-O1
export CC CFLAGS
"$NNGEN" data rows.csv --label arm -o data.safetensors >said 2>&1 && "$NNGEN" build --isa=portable small.lua >said 2>&1 &&
    "$NNGEN" -o small.c --isa=portable small.lua || { fail "no network: $(cat said)"; finish; }
./small train --data data.safetensors --seed 3 --save trained.safetensors >said 2>&1 || fail "train: $(cat said)"
./small predict --load trained.safetensors --data data.safetensors --split train --predictions answers.csv >said 2>&1 ||
    fail "predict: $(cat said)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["p_0"], $at["p_1"], $at["p_2"] }' answers.csv >wanted.txt
for pair in clang:clang++ gcc:g++; do
    cc=${pair%:*} cxx=${pair#*:}
    command -v "$cc" >/dev/null && command -v "$cxx" >/dev/null || { echo "no $cxx here"; continue; }
    for file in small.c "$NNGEN_NN"; do
        "$cc" -std=c11 -O1 -I"$NNGEN_SOURCE/runtime" -c "$file" || fail "$cc: $file"
    done
    for standard in c++11 c++20; do
        "$cxx" -std=$standard -O1 -Wall -Wextra -Wpedantic -Werror -I. -I"$NNGEN_SOURCE/runtime" "$here/program.cpp" small.o \
            nn.o -lm -o program || { fail "$cxx $standard: not compiled"; continue; }
        ./program 3 rows.csv own.safetensors >own.txt || fail "$cxx $standard: $(cat own.txt)"
        cmp own.txt wanted.txt || fail "$cxx $standard: other answers"
        # Beside the weights the program's file has the names of the classes.
        tensors own.safetensors >own.data
        tensors trained.safetensors | cmp - own.data || fail "$cxx $standard: other weights"
    done
done
finish
