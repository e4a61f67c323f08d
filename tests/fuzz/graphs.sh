#!/bin/sh
# Random valid architectures. For each: compiled code agrees with the interpreter on portable, AVX2 and
# AVX-512 code (in plain C, ../isa/soft) with the same errors to the last digit, with Winograd's
# algorithm and without, and a short training leaves the same bits on each and on 1, 2, 3 threads.
# What fails is made smaller while it fails in the same way, and shown. NNGEN_SEED and NNGEN_CASES
# choose others and more.
. "$(dirname "$0")/../lib.sh"
[ "$(uname -m)" = x86_64 ] || skip "only for x86-64"
grep -qs avx2 /proc/cpuinfo || skip "no AVX2 here"
command -v clang >/dev/null || skip "no clang"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "the libraries are built with sanitizers"

seed=${NNGEN_SEED:-1}
cases=${NNGEN_CASES:-3}
echo "seed $seed, $cases graphs"
clang -std=c11 -O1 -o "$scratch/architecture" "$NNGEN_SOURCE/tests/fuzz/architecture.c"
elements=$("$scratch/architecture" --elements)
generated=$scratch
soft="-w -mavx2 -mfma -I$NNGEN_SOURCE/tests/isa/soft"

# made PROGRAM OPTIONS...: a program of $scratch/fuzz.lua; none if it would be that of `fuzz`.
made() {
    program=$scratch/$1
    shift
    "$NNGEN" "$@" -o "$scratch/new.c" "$scratch/fuzz.lua" 2>"$scratch/err" ||
        { echo "nngen: $(sed -n "s/.*error: //p" "$scratch/err" | head -n 1)"; return 1; }
    if [ "$program" != "$scratch/fuzz" ] &&
        [ "$(grep -v "^ \*" "$scratch/new.c" | cksum)" = "$(grep -v "^ \*" "$scratch/fuzz.c" | cksum)" ]; then
        return 0
    fi
    mv "$scratch/new.c" "$scratch/fuzz.c"
    # shellcheck disable=SC2086
    compile_model clang fuzz "$program" -O1 $soft 2>"$scratch/err" || { echo "C"; return 1; }
}

# verdict PROGRAM ISA: the errors, to compare.
verdict() {
    "$scratch/$1" check --json --quiet --isa "$2" 2>"$scratch/err" | sed 's/"isa":"[^"]*"//'
}

# agrees PROGRAM: says what does not.
agrees() {
    verdict "$1" avx2 >"$scratch/first"
    grep -q '"ok":true' "$scratch/first" || { echo "$1: check"; return 1; }
    for isa in portable avx512; do
        verdict "$1" "$isa" | cmp -s - "$scratch/first" || { echo "$1: $isa differs"; return 1; }
    done
}

# trained ISA THREADS: leaves the parameters in $scratch/bits.
trained() {
    "$scratch/fuzz" train --quiet --data "$scratch/data.safetensors" --seed 3 --isa "$1" \
        --threads "$2" --save "$scratch/w.safetensors" >/dev/null 2>"$scratch/err" || return 1
    tensors "$scratch/w.safetensors" >"$scratch/bits"
}

# trouble SEED ELEMENT...: tries the architecture; a word for what is wrong, "" if nothing is.
trouble() {
    left_out=""
    for id in $2; do left_out="$left_out -x $id"; done
    rm -f "$scratch/plain"
    # shellcheck disable=SC2086
    "$scratch/architecture" "$1" -d "$scratch/data.safetensors" $left_out >"$scratch/fuzz.lua"
    made fuzz || return 0
    agrees fuzz || return 0
    trained avx2 1 || { echo training; return 0; }
    mv "$scratch/bits" "$scratch/wanted"
    for way in "avx2 2" "avx2 3" "portable 1" "avx512 3"; do
        # shellcheck disable=SC2086
        trained $way || { echo "training on $way"; return 0; }
        cmp -s "$scratch/bits" "$scratch/wanted" || { echo "bits on $way"; return 0; }
    done
    made plain --winograd=off || return 0
    [ ! -x "$scratch/plain" ] || agrees plain || return 0
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

i=0
while [ "$i" -lt "$cases" ]; do
    i=$((i + 1))
    number=$((seed * 100000 + i))
    word=$(trouble "$number" "")
    [ -n "$word" ] || continue
    echo "architecture $number: $word; making it smaller"
    gone=$(shrink "$number" "$word")
    word=$(trouble "$number" "$gone")
    cat "$scratch/fuzz.lua" "$scratch/first" "$scratch/err"
    fail "architecture $number without elements$gone: $word"
done
finish
