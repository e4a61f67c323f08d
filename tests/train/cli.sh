#!/bin/sh
# Bad input: the status, one clear message with the name of what is wrong, nothing on standard
# output, and no file written or changed.
. "$(dirname "$0")/../lib.sh"
need_models
model=$(program aux)
mkdir "$scratch/in"
cd "$scratch/in"

files() { (cd "$scratch/in" && find . -type f -exec cksum {} + | sort); }

# rejects STATUS PATTERN COMMAND...: the command ends with that status and a message that matches.
cases=0
rejects() {
    expected=$1 pattern=$2
    shift 2
    cases=$((cases + 1))
    status=0
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    shown=$(echo "$*" | sed "s|$NNGEN_BIN/||")
    [ "$status" -eq "$expected" ] || fail "$shown: status $status instead of $expected: $(cat "$scratch/err")"
    [ ! -s "$scratch/out" ] || fail "$shown: writes to standard output"
    grep -qE -e "$pattern" "$scratch/err" ||
        fail "$shown: the message does not say '$pattern': $(cat "$scratch/err")"
    [ "$(wc -l <"$scratch/err")" -le 3 ] || fail "$shown: more than a message: $(cat "$scratch/err")"
    files >"$scratch/after"
    if ! cmp -s "$scratch/before" "$scratch/after"; then
        fail "$shown: changed files"
        diff "$scratch/before" "$scratch/after" || true
        cp "$scratch/after" "$scratch/before"
    fi
}
ready() { files >"$scratch/before"; }

# A number in eight bytes, the lowest first.
little64() {
    value=$1
    for _ in 1 2 3 4 5 6 7 8; do
        byte $((value & 255))
        value=$((value >> 8))
    done
}
pattern_bytes() { yes abcdefghijklmnop | head -c "$1"; }
labels_bytes() { yes '\000\001\002\003\004\005\006\007\010\011' | head -n $((($1 + 9) / 10)) |
    while read -r line; do printf '%b' "$line"; done | head -c "$1"; }
images() { big32 2051; big32 "$1"; big32 28; big32 28; pattern_bytes $(($1 * 784)); }
labels() { big32 2049; big32 "$1"; labels_bytes "$1"; }
idx_folder() {
    mkdir "$1"
    images 200 >"$1/train-images-idx3-ubyte"
    labels 200 >"$1/train-labels-idx1-ubyte"
    images 100 >"$1/t10k-images-idx3-ubyte"
    labels 100 >"$1/t10k-labels-idx1-ubyte"
}

small="--pairs 40 --val-pairs 10 --test-pairs 10 --epochs 2 --rounds 1 --quiet"
train() {
    data=$1
    shift
    # shellcheck disable=SC2086
    "$model" train --data "$data" $small "$@"
}

### IDX folders
idx_folder good
cp -r good incomplete && rm incomplete/t10k-labels-idx1-ubyte
cp -r good magic && { big32 2050; tail -c +5 good/train-images-idx3-ubyte; } >magic/train-images-idx3-ubyte
cp -r good swapped && cp good/train-labels-idx1-ubyte swapped/train-images-idx3-ubyte
cp -r good short && head -c 100000 good/train-images-idx3-ubyte >short/train-images-idx3-ubyte
cp -r good long && echo more >>long/train-images-idx3-ubyte
cp -r good header && head -c 11 good/train-images-idx3-ubyte >header/train-images-idx3-ubyte
cp -r good empty && : >empty/train-labels-idx1-ubyte
cp -r good counts && labels 199 >counts/train-labels-idx1-ubyte
cp -r good huge && { big32 2051; big32 4294967295; big32 65535; big32 65535; pattern_bytes 999; } \
    >huge/train-images-idx3-ubyte
cp -r good class && { big32 2049; big32 200; labels_bytes 199; byte 10; } >class/train-labels-idx1-ubyte
cp -r good pipe && rm pipe/train-images-idx3-ubyte && mkfifo pipe/train-images-idx3-ubyte
cp -r good few && { images 10 >few/t10k-images-idx3-ubyte; labels 10 >few/t10k-labels-idx1-ubyte; }
cp -r good zipped && gzip -n zipped/*
cp -r zipped cut && head -c 30 zipped/train-labels-idx1-ubyte.gz >cut/train-labels-idx1-ubyte.gz
cp -r zipped broken && {
    head -c 30 zipped/train-images-idx3-ubyte.gz
    printf '\377\377\377\377\377\377\377\377'
    tail -c +39 zipped/train-images-idx3-ubyte.gz
} >broken/train-images-idx3-ubyte.gz
echo "no data" >plain.txt
ready
for folder in good zipped; do
    train $folder >"$scratch/out" 2>"$scratch/err" || fail "train --data $folder: $(cat "$scratch/err")"
done
files >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "training without --save leaves files"
save="--save saved.safetensors --log log.csv"
# shellcheck disable=SC2086
{
    rejects 1 nowhere train nowhere $save
    rejects 1 plain.txt train plain.txt $save
    rejects 1 t10k-labels-idx1-ubyte train incomplete $save
    for folder in magic swapped short long header huge; do
        rejects 1 "$folder/train-images-idx3-ubyte" train $folder $save
    done
    rejects 1 'empty/train-labels-idx1-ubyte' train empty $save
    rejects 1 'counts/train-(labels-idx1|images-idx3)-ubyte' train counts $save
    rejects 1 "pipe/train-images-idx3-ubyte: not a regular file" train pipe $save
    rejects 1 'class/train-labels-idx1-ubyte' train class $save
    rejects 1 '10 test digits' train few $save
    rejects 1 'cut/train-labels-idx1-ubyte.gz' train cut $save
    rejects 1 'broken/train-images-idx3-ubyte.gz' train broken $save
}

### Weights
"$model" init --seed 1 --save good.safetensors >/dev/null 2>&1 || fail "init: status $?"
header_length() { od -An -t u8 -N 8 "$1" | tr -d ' '; }
header() { tail -c +9 "$1" | head -c "$(header_length "$1")"; }
# with_header FILE HEADER: the file's tensors under another header.
with_header() {
    little64 ${#2}
    printf '%s' "$2"
    tensors "$1"
}
text=$(header good.safetensors)
# edit NAME SED: a copy whose header is changed; the edit has to change something.
edit() {
    new=$(printf '%s' "$text" | sed -E "$2")
    [ "$new" != "$text" ] || fail "$1: the edit does not match the header"
    with_header good.safetensors "$new" >"$1.safetensors"
}
end=$(tensors good.safetensors | wc -c)
edit overlap 's/("fc2.bias":[^}]*"data_offsets": *\[)[0-9]+, *[0-9]+/\10,336/'
edit beyond "s/([, [])$end\\]/\\1$((end + 4))]/"
edit reversed 's/("fc2.bias":[^}]*"data_offsets": *\[)([0-9]+), *([0-9]+)/\1\3,\2/'
edit negative 's/("fc2.bias":[^}]*"data_offsets": *\[)([0-9]+)/\1-4/'
edit overflow 's/("fc2.bias":[^}]*"shape": *\[)[0-9]+/\118446744073709551615/'
edit dtype 's/("fc2.bias":[^}]*"dtype": *")F32/\1F16/'
edit integer 's/("fc2.bias":[^}]*"dtype": *")F32/\1I32/'
edit shape 's/("fc2.weight":[^}]*"shape": *\[)84, *120/\1120,84/'
edit rank 's/("fc2.bias":[^}]*"shape": *\[)84/\184,1/'
edit size 's/("fc2.bias":[^}]*"shape": *\[)84/\185/'
edit unknown 's/"fc2.bias"/"fc9.bias"/'
edit twice 's/"fc2.bias"/"fc1.bias"/'
edit nojson 's/^\{/[/'
edit cutjson 's/\} *$//'
edit escape 's/"fc2.bias"/"fc2\\u0000bias"/'
with_header good.safetensors "{}" >nothing.safetensors
with_header good.safetensors "$(printf '%s' "$text" | sed 's/}* *$//')}},\"more.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[$end,$((end + 4))]}}" >more.safetensors
printf '\0\0\0\0' >>more.safetensors
{ little64 1000000000000; tail -c +9 good.safetensors; } >lying.safetensors
{ printf '\377\377\377\377\377\377\377\377'; tail -c +9 good.safetensors; } >minus.safetensors
head -c 5 good.safetensors >five.safetensors
: >zero.safetensors
head -c 100000 good.safetensors >truncated.safetensors
{ cat good.safetensors; echo; } >trailing.safetensors
with_header good.safetensors "$(yes '[' | head -n 20000 | tr -d '\n')" >deep.safetensors
mkdir folder.safetensors
mkfifo pipe.safetensors
ln -s nowhere dangling.safetensors
steering=$(printf 'c1-\302\2332J\342\200\256.safetensors')
ready
for bad in overlap beyond reversed negative overflow dtype integer shape rank size unknown twice \
    nojson cutjson escape nothing more lying minus five zero truncated trailing deep folder absent; do
    # shellcheck disable=SC2086
    rejects 1 "$bad.safetensors" "$model" eval --load $bad.safetensors --data synthetic \
        --predictions p.csv --quiet
done
# Nobody writes into the pipe: it is not waited for. What a terminal obeys is not shown to it.
rejects 1 'pipe.safetensors: not a regular file' timeout 20 "$model" eval --load pipe.safetensors --data synthetic
rejects 1 'c1-\?+2J\?+.safetensors' "$model" eval --load "$steering" --data synthetic
rejects 1 'dangling.safetensors: a link' "$model" init --seed 1 --save dangling.safetensors
[ -L dangling.safetensors ] || fail "the link was replaced"
# A value that is no number would hide behind a ReLU.
{ head -c -4 good.safetensors; printf '\000\000\300\177'; } >nan.safetensors
ready
rejects 1 'nan.safetensors: tensor "[a-z0-9]+.(weight|bias)" holds a value that is not finite' \
    "$model" eval --load nan.safetensors --data synthetic
rejects 1 'integer.safetensors: tensor "fc2.bias": type I32, F32, F64, F16 or BF16 wanted' \
    "$model" train --data synthetic --load integer.safetensors --load-partial --save new.safetensors
rejects 1 'nan.safetensors: .* not finite' \
    "$model" train --data synthetic --load nan.safetensors --load-partial --save new.safetensors
! grep -q 'loaded:' "$scratch/err" || fail "tells what is loaded, and does not: $(cat "$scratch/err")"
rejects 1 'fc2.bias' "$model" eval --load unknown.safetensors --data synthetic --quiet
rejects 1 'fc2.weight' "$model" eval --load shape.safetensors --data synthetic --quiet
rejects 1 'fc2.bias' "$model" predict --load dtype.safetensors --data synthetic --quiet
rejects 1 'good.safetensors' "$(program mlp)" eval --load good.safetensors --data synthetic --quiet
rejects 1 'lying.safetensors' "$model" grad --load lying.safetensors --data synthetic --batch 2 --out g.safetensors
# shellcheck disable=SC2086
rejects 1 'good.safetensors' train synthetic --resume good.safetensors $save
rejects 1 'missing-folder' train synthetic --save missing-folder/x.safetensors
rejects 1 'missing-folder' "$model" init --seed 1 --save missing-folder/x.safetensors

### Data in safetensors files: two pairs a split
image=$((2 * 196 * 4))
# entry NAME DTYPE SHAPE BYTES: one tensor; its bytes go to a file beside.
entries="" position=0
begin() { entries="" position=0; : >"$scratch/bytes"; }
entry() {
    entries="$entries${entries:+,}\"$1\":{\"dtype\":\"$2\",\"shape\":[$3],\"data_offsets\":[$position,$((position + $4))]}"
    position=$((position + $4))
    head -c "$4" /dev/zero | tr '\000' "${5:-\\000}" >>"$scratch/bytes"
}
write_data() {
    { little64 $((${#entries} + 2)); printf '{%s}' "$entries"; cat "$scratch/bytes"; } >"$1"
}
# data NAME SPLITS [FIELD DTYPE SHAPE BYTES [BYTE]]: a data set with one field made otherwise, or
# left out when DTYPE is `-`.
data() {
    begin
    for split in $2; do
        for field in "left F32 2,1,14,14 $image" "right F32 2,1,14,14 $image" \
            "left_digit I64 2 16" "right_digit U8 2 2" "comparison I32 2 8"; do
            # shellcheck disable=SC2086
            if [ "${field%% *}" != "${3:-}" ]; then entry "$split/"$field
            elif [ "$4" != - ]; then entry "$split/$3" "$4" "$5" "$6" "${7:-}"; fi
        done
    done
    write_data "$1.safetensors"
}
data set "train val test"
data trainonly "train"
data noleft "train val test" left -
data nolabel "train val test" comparison -
data wrongtype "train val test" left U64 2,1,14,14 $((image * 2))
data realclass "train val test" comparison F32 2 8
data beyond "train val test" left F64 2,1,14,14 $((image * 2)) '\177'
data wrongshape "train val test" left F32 2,1,14,7 $((image / 2))
data wrongrank "train val test" left F32 2,98 $((image / 2))
data wrongcount "train val test" left_digit I64 3 24
data class "train val test" right_digit U8 2 2 '\012'
data negative "train val test" left_digit I64 2 16 '\377'
data none "train val test" left F32 0,1,14,14 0
printf 'left,right\n1,2\n' >table.csv
printf '\223NUMPY\001\000v\000{' >array.npy
printf 'PK\003\004\024\000' >weights.pt
echo 'a few words about the data' >words.txt
# Labels whose names are two columns' or would colour a terminal.
data columns test
entry test/index U8 2 2
entry test/index_label U8 2 2
write_data columns.safetensors
# Labels that are no class index are columns all the same.
data numbers test
entry test/code I64 2 16 '\377'
entry test/serial I64 2 16 '\177'
write_data numbers.safetensors
data steering test
entry 'test/a\u001b[31mb\u202e' U8 2 2
write_data steering.safetensors
ready
for form in '' --json; do
    # shellcheck disable=SC2086
    "$model" predict --load good.safetensors --data steering.safetensors $form >"$scratch/out" ||
        fail "predict $form: status $?"
    grep -qF 'a?[31mb?' "$scratch/out" || fail "predict $form: $(cat "$scratch/out")"
done
"$model" predict --load good.safetensors --data numbers.safetensors >"$scratch/out" || fail "predict: status $?"
sed -n '1s/.*\(code,serial\).*/\1/p; 2,3s/.*,\(-1,9187201950435737471\),.*/\1/p' "$scratch/out" | tr '\n' ' ' |
    grep -q '^code,serial -1,9187201950435737471 -1,9187201950435737471 $' || fail "predict: $(cat "$scratch/out")"
"$model" predict --load good.safetensors --data numbers.safetensors --json | grep -q '"serial": *9187201950435737471' ||
    fail "predict --json"
rejects 1 'two columns would have the name "index_label"' "$model" predict --load good.safetensors \
    --data columns.safetensors
train set.safetensors --batch 2 >/dev/null 2>"$scratch/err" || fail "set: $(cat "$scratch/err")"
# shellcheck disable=SC2086
{
    rejects 1 'trainonly.safetensors: has no test split; it has train' "$model" eval --load good.safetensors --data trainonly.safetensors
    rejects 1 'noleft.safetensors.*train/left' train noleft.safetensors $save
    rejects 1 'nolabel.safetensors.*train/comparison' train nolabel.safetensors $save
    rejects 1 'wrongtype.safetensors.*train/left' train wrongtype.safetensors $save
    rejects 1 'beyond.safetensors: tensor "train/left": value 0, 1.38242e.306, is beyond what a float' \
        train beyond.safetensors $save
    rejects 1 'realclass.safetensors.*train/comparison' train realclass.safetensors $save
    rejects 1 'wrongshape.safetensors.*train/left' train wrongshape.safetensors $save
    rejects 1 'wrongrank.safetensors.*train/left' train wrongrank.safetensors $save
    rejects 1 'wrongcount.safetensors.*train/' train wrongcount.safetensors $save
    rejects 1 'class.safetensors.*train/right_digit' train class.safetensors $save
    rejects 1 'negative.safetensors.*train/left_digit' train negative.safetensors $save
    rejects 1 'none.safetensors' train none.safetensors $save
    rejects 1 'lying.safetensors' train lying.safetensors $save
}
rejects 1 'table.csv is a CSV file; .*numpy.loadtxt."table.csv"' "$model" train --data table.csv
rejects 1 'array.npy is a NumPy array .*numpy.load."array.npy"' "$model" train --data array.npy
rejects 1 'weights.pt is a zip archive, as .npz and .pt files are' "$model" eval --load weights.pt --data synthetic
rejects 1 'words.txt is a text file' "$model" train --data words.txt
rejects 1 '--batch' "$model" grad --load good.safetensors --data set.safetensors --batch 3 --out g.safetensors

### Usage
rejects 2 'fly' "$model" fly
rejects 2 . "$model"
# shellcheck disable=SC2086
{
    rejects 2 '--epoks' train synthetic --epoks 3 $save
    rejects 2 '--epoks' train synthetic --epoks=3 $save
    rejects 2 'surplus' train synthetic surplus $save
    for option in --epochs --batch --rounds --threads --pairs --val-pairs --test-pairs --seed --data-seed; do
        for value in x 3x '' ' ' 1.5 -1 99999999999999999999 0x10 1e2; do
            rejects 2 "$option" train synthetic $save "$option" "$value"
        done
        rejects 2 "$option" train synthetic $save "$option"
    done
    for value in 0 65537; do rejects 2 '--batch' train synthetic $save --batch $value; done
    for option in --epochs --rounds --pairs --threads; do
        rejects 2 "$option" train synthetic $save $option 0
    done
    rejects 2 '--isa' train synthetic $save --isa nonsense
    rejects 2 '--quiet' train synthetic $save --quiet=yes
}
rejects 2 'predictions and --load are the same file' "$model" eval --load good.safetensors \
    --data synthetic --predictions good.safetensors
rejects 2 'predictions and --data are the same file' "$model" eval --load good.safetensors \
    --data set.safetensors --predictions ./set.safetensors
rejects 2 'log and --resume are the same' "$model" train --resume good.safetensors --log ./good.safetensors
rejects 2 'save and --log are the same' "$model" train --data synthetic --save new.st --log new.st
rejects 2 'save and --data are the same' "$model" train --data good.safetensors --save good.safetensors
# Names that are made of --save, links and other ways to say a name, and files of the data's folder.
rejects 2 'round 1 of --save and --log are the same file, q.1.st' "$model" train --data synthetic \
    --rounds 2 --save q.st --log q.1.st
rejects 2 'round 2 of --save and --log are the same' "$model" train --data synthetic --rounds 3 \
    --save q.st --log ../in/q.2.st
ln -s q.0.st q.1.st
echo 0 >q.0.st
ready
rejects 2 'round 0 of --save and round 1 of --save are the same' "$model" train --data synthetic \
    --rounds 2 --save q.st
rejects 2 'good of --save and --log are the same' "$model" train --data synthetic --save q --log q.good
rejects 2 'log and --data are the same file, good/train-images' "$model" train --data good \
    --log good/train-images-idx3-ubyte
rejects 2 'save and the data are the same' env NNGEN_DATA=good "$model" train \
    --save good/t10k-labels-idx1-ubyte
rm q.1.st
ready
rejects 2 'round 0 of --save and --data are the same' "$model" train --data q.0.st --rounds 2 --save q.st
rm q.0.st
ready
rejects 2 '--load' "$model" eval --data synthetic
rejects 2 '--load' "$model" predict --data synthetic
rejects 2 '--save' "$model" init --seed 1
rejects 2 'load-partial goes with --load' "$model" train --load-partial
rejects 2 'checkpoint-every goes with --save' "$model" train --checkpoint-every 5
rejects 2 'save and --load are the same' "$model" train --load good.safetensors --save good.safetensors
rejects 2 'the checkpoint and --log are the same' "$model" train --save q.st --log q.checkpoint.st
rejects 2 '--split' "$model" eval --load good.safetensors --data synthetic --split nonsense
for phase in 0 2 x; do
    rejects 2 '--phase' "$model" grad --load good.safetensors --data synthetic --batch 2 \
        --out g.safetensors --phase $phase
done
rejects 2 '--epoch' "$model" grad --load good.safetensors --data synthetic --batch 2 \
    --out g.safetensors --epoch -1
rejects 2 '--out' "$model" grad --load good.safetensors --data synthetic --batch 2
rejects 2 '--isa' "$model" info --isa nonsense
rejects 2 '--isa' "$model" check --isa nonsense
rejects 2 '--batch' "$model" bench --batch 0

### The compiler
arch=$NNGEN_SOURCE/arch/mlp.lua
echo 'return 1' >nomodel.lua
cp "$arch" same.lua
ln -s same.lua samelink.lua
printf '\033Lua' >binary.lua
ready
rejects 1 'absent.lua' "$NNGEN" absent.lua
rejects 1 'absent.lua' "$NNGEN" -o out.c absent.lua
rejects 1 'nomodel.lua' "$NNGEN" -o out.c nomodel.lua
rejects 1 'binary.lua' "$NNGEN" -o out.c binary.lua
rejects 1 'dangling.safetensors: a link' "$NNGEN" -o dangling.safetensors "$arch"
rejects 2 'would replace' "$NNGEN" -o samelink.lua same.lua
rejects 2 '-D width: given twice, as 1 and as 2' "$NNGEN" -D width=1 -Dwidth=2 "$arch"
rejects 2 '--isa: given twice' "$NNGEN" --isa avx2 --isa=avx2 "$arch"
rejects 2 'did you mean --emit' "$NNGEN" --emti c "$arch"
rejects 1 'cannot open --emit' "$NNGEN" -- --emit
rejects 2 'unknown option --\?\[2J' "$NNGEN" "--$(printf '\033')[2J" "$arch"
rejects 2 'unknown option --\?\[2J' "$model" train "--$(printf '\033')[2J"
rejects 1 'missing-folder' "$NNGEN" -o missing-folder/out.c "$arch"
rejects 2 . "$NNGEN"
rejects 2 'emitt' "$NNGEN" --emitt=c "$arch"
rejects 2 'emit' "$NNGEN" --emit=nonsense "$arch"
rejects 2 'nonsense' "$NNGEN" --isa=nonsense "$arch"
rejects 2 'winograd' "$NNGEN" --winograd=maybe "$arch"
rejects 2 'optimize' "$NNGEN" --optimize=2 "$arch"
rejects 2 'dump' "$NNGEN" --dump=nonsense "$arch"
rejects 2 'stop' "$NNGEN" --stop=nonsense "$arch"
rejects 2 'D' "$NNGEN" -D nonsense "$arch"
rejects 2 'o' "$NNGEN" "$arch" -o
rejects 2 . "$NNGEN" "$arch" "$arch"

echo "$cases cases"
finish
