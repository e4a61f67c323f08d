#!/bin/sh
# The commands of README that lead from three real sets to trained networks, taken out of README, on
# parts of the sets and for a short time.
. "$(dirname "$0")/../lib.sh"
[ -n "${NNGEN_SETS:-}" ] || skip "NNGEN_SETS names no folder of real sets"
[ -x "$NNGEN_BIN/nngen-data" ] || skip "nngen data was not built: its libraries are missing"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "sanitizers: the plain builds link what is built here"
cd "$scratch"
mkdir programs
ln -s "$NNGEN" programs/nngen
ln -s "$NNGEN_SOURCE/examples" examples
PATH=$scratch/programs:$PATH CC=$NNGEN_CC
export PATH CC

# commands NAME: those of README's block that builds examples/NAME.lua.
commands() {
    awk -v build="nngen build examples/$1.lua" '
        /^```sh$/ { inside = 1; text = ""; found = 0; next }
        /^```$/ { if (inside && found) { printf "%s", text; exit } inside = 0 }
        inside { text = text $0 "\n"; if ($0 == build) found = 1 }' "$NNGEN_SOURCE/README.md"
}

# run NAME METRIC LEAST LENGTH...: all commands, of which train has LENGTH as well; then the metric of the
# weights that were saved.
run() {
    name=$1 metric=$2 least=$3
    shift 3
    commands "$name" >list
    count=$(grep -c . list || true)
    [ "$count" -ge 3 ] && [ "$count" -le 5 ] || fail "$name: $count commands"
    while read -r command; do
        case $command in "./$name train "*) command="$command $*" ;; esac
        eval "$command" >said 2>&1 </dev/null || { fail "$command: status $?: $(tail -n 5 said)"; return; }
    done <list
    for made in $(grep -o -e '[a-z0-9-]*[.]\(safetensors\|svg\|csv\)' list | sort -u); do
        [ -s "$made" ] || fail "$name: no $made"
    done
    "./$name" eval --data "$name.safetensors" --load "$name-weights.safetensors" --json >result 2>said ||
        fail "$name: $(cat said)"
    value=$(json_value "$metric" <result)
    awk -v a="$value" -v least="$least" 'BEGIN { exit !(a > least) }' || fail "$name: $metric $value"
    echo "$name: $metric $value"
}

images=$NNGEN_SETS/cifar10/cifar10-jpeg.tar.gz
if [ -e "$images" ]; then
    mkdir part
    tar xzf "$images" -C part --wildcards '*train/*/0[0-3]??.jpg' '*test/*/00??.jpg'
    (cd part && tar czf ../cifar10-jpeg.tar.gz ./*)
    run cifar10 accuracy 0.2 --epochs 3 # chance is 0.1
else
    echo "skipped: there is no $images"
fi

table=$NNGEN_SETS/tabular/diamonds.csv
if [ -e "$table" ]; then
    { head -n 1 "$table"; awk 'NR > 1 && NR % 18 == 0' "$table"; } >diamonds.csv
    run diamonds r2 0.5 --epochs 10 # chance is 0
else
    echo "skipped: there is no $table"
fi

text=$NNGEN_SETS/shakespeare/input.txt
if [ -e "$text" ]; then
    head -n 4000 "$text" >input.txt
    run shakespeare accuracy 0.22 --steps 400 --eval-every 200 # the space, the most frequent, has 0.15
else
    echo "skipped: there is no $text"
fi
finish
