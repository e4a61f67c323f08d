# Common parts of the test scripts: `. "$(dirname "$0")/../lib.sh"` first.
# shellcheck shell=sh
set -eu

: "${NNGEN_SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${NNGEN_BUILD:=$NNGEN_SOURCE/build}"
: "${NNGEN_BIN:=$NNGEN_BUILD/bin}"
: "${NNGEN:=$NNGEN_BIN/nngen}"
: "${NNGEN_CC:=clang}"
: "${NNGEN_NN:=$NNGEN_BUILD/share/nngen/nn.c}"
: "${NNGEN_LIBRARIES=$NNGEN_BUILD/libnngen_runtime.a $NNGEN_BUILD/libnngraph.a $(pkg-config --libs libprotobuf-c 2>/dev/null || true)}"
: "${NNGEN_MODELS=$(cd "$NNGEN_BIN" 2>/dev/null && ls | grep -vx 'nngen\(-data\)\{0,1\}\|gallery' | tr '\n' ' ')}"
generated=${NNGEN_GENERATED:-$NNGEN_SOURCE/generated}
LC_ALL=C
export LC_ALL

# A folder of its own for each test, removed at its end.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# mount_small SIZE FOLDER: a file system of that size on a new folder; fails where that is not allowed.
mount_small() {
    [ "$(id -u)" -eq 0 ] && mkdir "$2" && mount -t tmpfs -o "size=$1" none "$2" 2>/dev/null
}

# unmount FOLDER: again while someone else looks at it, as a scan of all of /tmp does for a moment.
unmount() {
    tries=0
    until umount "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { umount -l "$1" && fail "$1 is still in use"; return 0; }
        sleep 0.1
    done
}

failures=0

# fail words...: notes a failure and goes on.
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# Ends the test; the last line of every script.
finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures failures"
        exit 1
    fi
    echo "ok"
    exit 0
}

skip() {
    echo "skipped: $*"
    exit 77
}

# need_tools TOOL...: skips the test where one is missing.
need_tools() {
    for tool; do command -v "$tool" >/dev/null || skip "$tool is missing"; done
}

# The project's own text files.
tracked() {
    if [ -e "$NNGEN_SOURCE/.git" ] && command -v git >/dev/null; then
        git -c safe.directory='*' -C "$NNGEN_SOURCE" ls-files
    else
        (cd "$NNGEN_SOURCE" && find . -type f ! -path './build*' ! -path './generated/*' \
            ! -path './data/*' ! -path './.git/*' | sed 's|^\./||')
    fi
}

# The program of a model.
program() { echo "$NNGEN_BIN/$1"; }

# json_value KEY: the first value of a key in the JSON objects on standard input; numbers and strings.
json_value() { grep -o "\"$1\" *: *\"\{0,1\}[^,\"}]*" | head -n 1 | sed 's/^"[^"]*" *: *"\{0,1\}//'; }

# json_list KEY: a flat list in the JSON object on standard input, its members a line each.
json_list() {
    sed -n "s/.*\"$1\" *: *\[\([^]]*\)\].*/\1/p" | head -n 1 | tr -d ' "' | tr ',' '\n'
}

# isas MODEL: the instruction sets that the program holds and this machine has, best first.
isas() {
    for isa in $("$(program "$1")" info --json | json_list isa); do
        if "$(program "$1")" info --isa "$isa" >/dev/null 2>&1; then echo "$isa"; fi
    done
}

# known_isas: the instruction sets that nngen knows, best first.
known_isas() {
    sed -n 's/^ISA(\(.*\))$/\1/p' "$NNGEN_SOURCE/compiler/isa/isas.def"
    echo portable
}

# registers: those of a row of 16 floats in each instruction set, as ISA:NUMBER.
registers() {
    for isa in $(known_isas); do
        echo "$isa:$((16 / $(sed -n 's/.*[.]width = \([0-9]*\),.*/\1/p' "$NNGEN_SOURCE/compiler/isa/$isa.c")))"
    done
}

# compilers: those that there are for this machine, a line each, then those for AArch64 if qemu can run
# what they make.
compilers() {
    for cc in clang gcc; do
        if command -v $cc >/dev/null; then echo $cc; fi
    done
    if [ "$(uname -m)" != aarch64 ]; then cross_compilers; fi
}

cross_compilers() {
    machine=aarch64-linux-gnu
    command -v qemu-aarch64 >/dev/null && [ -e /usr/$machine/lib/libc.so.6 ] || return 0
    if command -v $machine-gcc >/dev/null; then echo $machine-gcc; fi
    if command -v clang >/dev/null && command -v $machine-ld >/dev/null; then echo clang --target=$machine; fi
}

# run_made_by COMPILER PROGRAM...: runs a program of one of the compilers.
run_made_by() {
    made_for=$1
    shift
    case $made_for in
    *aarch64-linux-gnu*) qemu-aarch64 -L /usr/aarch64-linux-gnu "$@" ;;
    *) "$@" ;;
    esac
}

# compiled_isas COMPILER FILE.c: the instruction sets that the compiler finds in a generated file, a line
# each, with the expression that says whether the machine has it.
compiled_isas() {
    # shellcheck disable=SC2086
    $1 -E -P -I"$NNGEN_SOURCE/runtime" "$2" | tr '\n' ' ' |
        grep -o 'nn_supported_[a-z0-9]*(void) { return [^;]*; }' |
        sed 's/^nn_supported_\([a-z0-9]*\).* return \(.*\); }/\1 \2/'
}

# tensors FILE: the data of a safetensors file without its header.
tensors() {
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    tail -c "+$((length + 9))" "$1"
}

# Bytes of a number: one, and four in big-endian order.
byte() { printf "\\$(printf %03o "$1")"; }
big32() { byte $(($1 >> 24 & 255)); byte $(($1 >> 16 & 255)); byte $(($1 >> 8 & 255)); byte $(($1 & 255)); }

# small_digits FOLDER: a data set of 200 and 100 small spots on a grey ground, in MNIST's form.
small_digits() {
    mkdir "$1"
    for part in "train 200" "t10k 100"; do
        count=${part#* }
        part=${part% *}
        {
            big32 2051; big32 "$count"; big32 28; big32 28
            awk -v n="$count" 'BEGIN {
                x = n
                for (i = 0; i < n; i++) {
                    for (s = 0; s < 5; s++) {
                        x = (x * 16807) % 2147483647; cx[s] = 4 + x % 20
                        x = (x * 16807) % 2147483647; cy[s] = 4 + x % 20
                    }
                    for (r = 0; r < 28; r++) for (c = 0; c < 28; c++) {
                        v = 1
                        for (s = 0; s < 5; s++)
                            v += 110 - 20 * ((r - cy[s]) ^ 2 + (c - cx[s]) ^ 2) > 0 ? \
                                 110 - 20 * ((r - cy[s]) ^ 2 + (c - cx[s]) ^ 2) : 0
                        if (v > 127) v = 127
                        printf "%c", v
                    }
                }
            }'
        } >"$1/$part-images-idx3-ubyte"
        {
            big32 2049; big32 "$count"
            i=0
            while [ "$i" -lt "$count" ]; do byte $((i * 7 % 10)); i=$((i + 1)); done
        } >"$1/$part-labels-idx1-ubyte"
    done
}

# compile_model CC NAME OUTPUT FLAGS...: a program of $generated/NAME.c and the built libraries.
compile_model() {
    cc=$1 model=$2 output=$3
    shift 3
    # shellcheck disable=SC2086
    "$cc" -std=c11 "$@" -I"$NNGEN_SOURCE" -I"$NNGEN_SOURCE/runtime" \
        -DNN_MODEL_SYMBOL="nn_model_$(echo "$model" | tr - _)" "$generated/$model.c" \
        "$NNGEN_SOURCE/runtime/main.c" ${NNGEN_LIBRARIES:-} -ljansson -lz -lpthread -lm -o "$output"
}

need_models() {
    [ -n "$NNGEN_MODELS" ] || { echo "no model programs were built"; exit 1; }
}
