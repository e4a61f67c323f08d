#!/bin/sh
# Random valid architectures. For each: the C compiles without a warning and agrees with the
# interpreter, and so does unoptimised code, that without Winograd's algorithm, and every other
# instruction set, these with the same errors to the last digit; a short training leaves the same bits
# for each instruction set and number of threads. Portable code takes part in all, AVX2 and AVX-512
# code (in plain C where the machine has none, ../isa/soft) in every eighth each, and in every 50th all
# of these, optimised by the C compiler. What fails is made smaller while it fails in the same way, and
# shown. NNGEN_SEED, NNGEN_FIRST and NNGEN_CASES choose others and more.
. "$(dirname "$0")/../lib.sh"
[ "$(uname -m)" = x86_64 ] || skip "only for x86-64"
grep -qs avx2 /proc/cpuinfo || skip "no AVX2 here"
need_tools clang
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"

# Each row of a kernel has room of its own on the stack of unoptimised code.
ulimit -s 1000000 2>/dev/null || true
seed=${NNGEN_SEED:-1}
first=${NNGEN_FIRST:-0}
cases=${NNGEN_CASES:-24}
echo "seed $seed, graphs $first to $((first + cases - 1))"
# shellcheck disable=SC2086
clang -std=c11 -O1 -I"$NNGEN_SOURCE" "$NNGEN_SOURCE"/tests/fuzz/architecture*.c \
    $NNGEN_LIBRARIES -ljansson -lz -lpthread -lm -o "$scratch/architecture"
elements=$("$scratch/architecture" --elements)
clang -std=c11 -O1 -I"$NNGEN_SOURCE/runtime" -DNN_MODEL_SYMBOL=nn_model_fuzz \
    -c "$NNGEN_SOURCE/runtime/main.c" -o "$scratch/main.o"

# Intrinsics that are quick to compile without optimisation, and compiled before.
quick=$NNGEN_SOURCE/tests/fuzz/quick
clang -std=c11 -O0 -mfma -I"$quick" -x c-header "$quick/immintrin.h" -o "$scratch/quick.pch"
unoptimised="-O0 -mfma -isystem $quick -include-pch $scratch/quick.pch"
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
grep -qs avx512vl /proc/cpuinfo && soft= || soft="-O1 -mavx2 -mfma -isystem $NNGEN_SOURCE/tests/isa/soft"

# made PROGRAM OPTIONS...: a program of $scratch/fuzz.lua. Its batches of few samples have several
# chunks for threads to share, where the plan would wait for larger ones.
made() {
    program=$1
    shift
    "$NNGEN" "$@" -o "$scratch/fuzz.c" "$scratch/fuzz.lua" 2>"$scratch/err" ||
        { echo "nngen: $(sed -n "s/.*error: //p" "$scratch/err" | head -n 1)"; return 1; }
    sed -i 's/NN_CHUNK_MIN = [0-9]*/NN_CHUNK_MIN = 2/' "$scratch/fuzz.c"
    # shellcheck disable=SC2086
    clang -std=c11 $warnings $flags -I"$NNGEN_SOURCE/runtime" "$scratch/fuzz.c" "$scratch/main.o" \
        $NNGEN_LIBRARIES -ljansson -lz -lpthread -lm -o "$scratch/$program" 2>"$scratch/err" ||
        { echo "C"; return 1; }
}

# verdict PROGRAM ISA: the errors, to compare.
verdict() {
    "$scratch/$1" check --batch 5 --json --quiet --isa "$2" 2>"$scratch/err" | sed 's/"isa":"[^"]*"//'
}

# agrees PROGRAM ISA...: says what does not.
agrees() {
    program=$1
    shift
    : >"$scratch/first"
    for isa; do
        verdict "$program" "$isa" >"$scratch/verdict"
        [ -s "$scratch/first" ] || cp "$scratch/verdict" "$scratch/first"
        grep -q '"ok":true' "$scratch/first" || { echo "$program: check"; return 1; }
        cmp -s "$scratch/verdict" "$scratch/first" || { echo "$program: $isa differs"; return 1; }
    done
}

# trained ISA THREADS: leaves the parameters in $scratch/bits; of a training that diverges, where it did.
trained() {
    if "$scratch/fuzz" train --quiet --data "$scratch/data.safetensors" --seed 3 --isa "$1" \
        --threads "$2" --save "$scratch/w.safetensors" >/dev/null 2>"$scratch/err"; then
        tensors "$scratch/w.safetensors" >"$scratch/bits"
    else
        grep "training diverged" "$scratch/err" >"$scratch/bits"
    fi
}

# trouble SEED ELEMENT...: tries the architecture; a word for what is wrong, "" if nothing is.
trouble() {
    left_out=""
    for id in $2; do left_out="$left_out -x $id"; done
    # shellcheck disable=SC2086
    "$scratch/architecture" "$1" -d "$scratch/data.safetensors" $left_out >"$scratch/fuzz.lua"
    isas=portable ways=portable:3 flags=$unoptimised
    case $(($1 % 50)):$(($1 % 8)) in
    0:*)
        isas="portable avx2 avx512" flags=-O1
        ways="portable:2 portable:3 avx2:1 avx2:2 avx2:3 avx512:1 avx512:2 avx512:3"
        ;;
    *:0) isas="portable avx2" ways="avx2:1 avx2:2" ;;
    *:4) isas="portable avx512" ways="portable:2 avx512:3" ;;
    esac
    case $isas in *avx512*) flags="${soft:-$flags}" ;; esac
    made fuzz --isa="$(echo "$isas" | tr ' ' ,)" || return 0
    winograd=$(grep -c Winograd "$scratch/fuzz.c") || true
    # shellcheck disable=SC2086
    agrees fuzz $isas || return 0
    trained portable 1 || { echo training; return 0; }
    mv "$scratch/bits" "$scratch/wanted"
    for way in $ways; do
        trained "${way%:*}" "${way#*:}" || { echo "training on $way"; return 0; }
        cmp -s "$scratch/bits" "$scratch/wanted" || { echo "bits on $way"; return 0; }
    done
    flags=$unoptimised
    made plain --isa=portable --optimize=off || return 0
    agrees plain portable || return 0
    [ "$winograd" -gt 0 ] || return 0
    made direct --isa=portable --winograd=off || return 0
    agrees direct portable || return 0
}

# shrink SEED WORD: the elements that are not needed for this trouble.
shrink() {
    gone="" id=1
    while [ "$id" -le "$elements" ]; do
        if [ "$(trouble "$1" "$gone $id")" = "$2" ]; then gone="$gone $id"; fi
        id=$((id + 1))
    done
    echo "$gone"
}

i=$first
while [ "$i" -lt $((first + cases)) ]; do
    number=$((seed * 100000 + i))
    i=$((i + 1))
    word=$(trouble "$number" "")
    [ -n "$word" ] || continue
    echo "architecture $number: $word; making it smaller"
    gone=$(shrink "$number" "$word")
    word=$(trouble "$number" "$gone")
    cat "$scratch/fuzz.lua" "$scratch/first" "$scratch/err"
    fail "architecture $number without elements$gone: $word"
done
finish
