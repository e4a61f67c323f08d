#!/bin/sh
# The compiler and a program read no memory that nobody wrote or that is not theirs, and lose none, in
# Lua, zlib and jansson too, which no sanitizer sees into. Samples of the mistakes in
# ../golden/errors; all with NNGEN_ALL=1.
. "$(dirname "$0")/../lib.sh"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "not under sanitizers"
need_models
need_tools valgrind
valgrind -q true 2>/dev/null || skip "valgrind does not run here"

# watched STATUS PROGRAM...: ends with that status, and valgrind has nothing to say.
watched() {
    wanted=$1
    shift
    status=0
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --log-file="$scratch/valgrind" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    [ "$status" -eq "$wanted" ] ||
        fail "$*: status $status: $(head -n 20 "$scratch/valgrind") $(head -n 3 "$scratch/err")"
    [ "$wanted" -ne 0 ] || [ -s "$scratch/out" ] || fail "$*: no output"
    runs=$((runs + 1))
}
runs=0
cd "$NNGEN_SOURCE"
for emit in c summary graph dot plan; do watched 0 "$NNGEN" --emit=$emit tests/models/mixed.lua; done
watched 0 "$NNGEN" arch/transfer.lua
watched 0 "$NNGEN" --optimize=off tests/trust/frozen.lua
watched 0 "$NNGEN" --inference --isa=avx2 --winograd=off tests/models/winograd.lua
watched 0 "$NNGEN" --dump=all --time-passes --emit=plan -D second=2 tests/trust/frozen.lua
watched 0 "$NNGEN" --help
watched 2 "$NNGEN" --emit=all tests/trust/small.lua
watched 1 "$NNGEN" tests/trust/missing.lua
errors=0
for file in tests/golden/errors/*.lua; do
    [ -e "${file%.lua}.err" ] || continue
    errors=$((errors + 1))
    [ -n "${NNGEN_ALL:-}" ] || [ $((errors % 8)) -eq 0 ] || continue
    # shellcheck disable=SC2046 # the options of its first line
    watched 1 "$NNGEN" $(sed -n "1s/^-- nngen: //p" "$file") "$file"
done

program=$(program mlp) sizes="--pairs 20 --val-pairs 5 --test-pairs 5 --quiet --isa portable"
# shellcheck disable=SC2086
watched 0 "$program" train $sizes --data synthetic --epochs 1 --batch 10 --threads 2 --save "$scratch/w"
small_digits "$scratch/digits"
gzip "$scratch"/digits/*
# shellcheck disable=SC2086
watched 0 "$program" eval $sizes --data "$scratch/digits" --load "$scratch/w"
watched 0 "$program" info --json
head -c 300 "$scratch/w" >"$scratch/cut"
watched 1 "$program" eval --quiet --data synthetic --load "$scratch/cut"
echo "$runs runs"
finish
