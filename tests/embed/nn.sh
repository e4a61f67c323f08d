#!/bin/sh
# nn.h: initial weights, training and answers are the bits of a program's, broken files are refused by name.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "brings its own sanitizers"
need_tools awk
cd "$scratch"
. "$NNGEN_SOURCE/tests/embed/common"
made_rows 150
"$NNGEN" data rows.csv --label arm -o data.safetensors >said 2>&1 || fail "data: $(cat said)"
"$NNGEN" build small.lua >said 2>&1 && "$NNGEN" -o small.c small.lua || fail "build: $(cat said)"
"$NNGEN_CC" -std=c11 -O1 -I"$NNGEN_SOURCE/runtime" -c small.c || fail "small.c: status $?"
sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all"
echo 'int main(void) { return 0; }' >empty.c
# shellcheck disable=SC2086
"$NNGEN_CC" $sanitizers empty.c -o empty 2>/dev/null && ./empty || sanitizers=
# shellcheck disable=SC2086
"$NNGEN_CC" -std=c11 -g -O1 $sanitizers -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I. \
    -I"$NNGEN_SOURCE/runtime" "$here/program.c" "$NNGEN_NN" small.o -lm -o program ||
    { fail "program.c: status $?"; finish; }

./small init --seed 9 --save init.safetensors --quiet && ./program init 9 own.safetensors &&
    cmp init.safetensors own.safetensors || fail "initial weights differ"
# The program's file has the names of the data's classes, too.
./small train --data data.safetensors --seed 3 --save trained.safetensors >said 2>&1 &&
    ./program copy trained.safetensors wanted.safetensors &&
    ./program train 3 rows.csv own.safetensors && cmp wanted.safetensors own.safetensors ||
    fail "trained weights differ"
./small eval --load trained.safetensors --data data.safetensors --split train --json --predictions answers.csv >eval.json
./program predict trained.safetensors rows.csv >own.txt || fail "predict: $(cat own.txt)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["p_0"], $at["p_1"], $at["p_2"], $at["arm"] }' \
    answers.csv >wanted.txt
sed '$d' own.txt | cmp - wanted.txt || fail "answers differ"
loss=$(sed 's/.*"loss":\([0-9.e-]*\).*/\1/' eval.json)
accuracy=$(sed 's/.*"accuracy":\([0-9.e-]*\).*/\1/' eval.json)
tail -n 1 own.txt | awk -v l="$loss" -v a="$accuracy" '{ exit !(sprintf("%.12g", $1) == sprintf("%.12g", l) && $2 + 0 == a + 0) }' ||
    fail "figures differ: $(tail -n 1 own.txt), $(cat eval.json)"
# Weights in the program: of a program's export, and of nngen for prediction alone.
asks() {
    "$NNGEN_CC" -std=c11 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$2" \
        -I"$NNGEN_SOURCE/runtime" "$here/constant.c" "$NNGEN_NN" $3 -lm -o constant &&
        ./constant rows.csv >"$1" || fail "$1: $(head -n 3 "$1")"
}
./small export --load trained.safetensors --c weights.c || fail "export: status $?"
asks constant.txt . "weights.c small.o"
cmp constant.txt wanted.txt || fail "answers of constant weights differ"
mkdir inference
CC="$NNGEN_CC" "$NNGEN" --inference --weights trained.safetensors -o inference/small.c small.lua ||
    fail "--weights: status $?"
asks inference.txt inference inference/small.c
# A folded norm rounds otherwise.
paste -d' ' inference.txt wanted.txt |
    awk '{ for (i = 1; i <= 3; i++) if (($i - $(i + 4)) ^ 2 > 1e-12) exit 1 }' || fail "other answers: $(head -n 3 inference.txt)"
! nm constant | grep -q " [DdBb] nn_weights_small" || fail "the weights can be written"
if "$NNGEN" --inference --weights rows.csv -o broken.c small.lua 2>said; then fail "--weights rows.csv: status 0"; fi
grep -q "rows.csv: no safetensors file" said && [ ! -e broken.c ] || fail "--weights rows.csv: $(cat said)"

printf 'a "quoted" one\nback\\slash\t\nünï\n' >names
./program names trained.safetensors | cmp - names || fail "names of classes differ"

# loads FILE WORDS: what the reader says of it, from a file and from memory.
loads() {
    ./program load "$1" >said 2>&1
    grep -qF "$2" said && [ "$(wc -l <said)" = 1 ] || fail "$1: $(cat said)"
}
loads trained.safetensors loaded
loads trained.checkpoint.safetensors loaded
loads data.safetensors 'tensor "train/features": the model has none of that name'
loads nothing "can't be opened"
loads small.lua "no safetensors file"
size=$(wc -c <trained.safetensors)
for n in 0 7 8 100; do
    head -c "$n" trained.safetensors >short
    loads short "no safetensors file, or a broken or shortened one"
done
head -c "$((size - 1))" trained.safetensors >short
loads short "lies outside of the file"
(cat trained.safetensors; printf x) >long
loads long "not all that is in the file"
# The sizes stay: only letters change.
sed 's/\[12,3\]/[3,12]/' trained.safetensors >shape
loads shape 'tensor "in.weight": shape (3, 12), (12, 3) wanted'
sed 's/"in.bias"/"no.bias"/' trained.safetensors >name
loads name 'tensor "no.bias": the model has none of that name'
sed 's/"fc1.bias"/"in.weight"/' trained.safetensors >twice
loads twice 'tensor "in.weight": the file has it twice'
sed 's/"F32"/"U32"/' trained.safetensors >type
loads type "its type is not F32, F64, F16 or BF16"
sed 's/std":"\[/std":"[-/' trained.safetensors >std
loads std "metadata input.features.std is no list of 3 numbers above 0"
sed 's/mean":"\[/mean":"[[/' trained.safetensors >mean
loads mean "metadata input.features.mean is no list of 3 numbers"
finish
