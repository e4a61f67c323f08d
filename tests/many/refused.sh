#!/bin/sh
# What is wrong in one process ends all of them, with its number and status 1, and no file is written: another program,
# data or options, input that is not there, wrong usage, a full disk, a launcher of another MPI or a program without any.
. "$(dirname "$0")/mpi.inc"
mkdir other
cat >net.lua <<END
local nn = require "nn"
local x, y = nn.input("features", {8}), nn.label("y", 3)
local h = nn.relu(nn.linear { name = "fc1", out = 64 }(x))
local answer = nn.linear { name = "fc3", out = 3 }(nn.relu(nn.linear { name = "fc2", out = 64 }(h)))
return nn.model {
  train   = { epochs = 2, batch = 200, loss = nn.cross_entropy(answer, y), optimizer = nn.adam {} },
  predict = { y = nn.argmax(answer) },
}
END
sed 's/nn.adam {}/nn.sgd { lr = 0.1 }/' net.lua >other/net.lua
"$NNGEN" --isa=portable -o net.c net.lua && make_program net || { fail "not compiled"; finish; }
(cd other && "$NNGEN" --isa=portable -o net.c net.lua && make_program net) || { fail "not compiled"; finish; }
table 400
cp table.safetensors other.safetensors
table 1000
mpi=$(mpis | head -n 1)
net=$scratch/net-$mpi
alone="train --seed 5 --threads 1"
training="$alone --data $scratch/table.safetensors"

# refused WHAT TEXT WORDS...: the words after MPI and number of processes fail with the text, and write nothing.
refused() {
    what=$1 text=$2
    shift 2
    status=0
    start "$@" >out 2>err || status=$?
    [ $status -eq 1 ] || fail "$what: status $status: $(tail -n 5 err)"
    grep -q "$text" err || fail "$what: $(cat err)"
    if ls made* >/dev/null 2>&1; then fail "$what: wrote $(ls made*)"; fi
    rm -f made*
}
made="--save made.safetensors"
for mpi in $(mpis); do
    net=$scratch/net-$mpi
    # shellcheck disable=SC2086
    {
        refused "another program" "process 1 of 2 (.*): the program, made of another architecture" \
            $mpi "" -n 1 "$net" $training $made : -n 1 "$scratch/other/net-$mpi" $training $made
        refused "other data" "process 2 of 3 (.*): the data differs" \
            $mpi "" -n 2 "$net" $training $made : -n 1 "$net" $alone --data other.safetensors $made
        refused "other options" "process 0 of 3 (.*): an option differs" \
            $mpi "" -n 1 "$net" $training --lr-scale 2 $made : -n 2 "$net" $training $made
        refused "no data" "process 1 of 2 (.*): none.safetensors" \
            $mpi "" -n 1 "$net" $training $made : -n 1 "$net" $alone --data none.safetensors $made
        refused "no data anywhere" "error: none.safetensors" $mpi 3 "$net" $alone --data none.safetensors $made
        [ "$(grep -c none.safetensors err)" -eq 1 ] || fail "a problem of all is said more than once: $(cat err)"
        refused "wrong usage of one" "process 1 of 2 (.*) has ended: .*--what" \
            $mpi "" -n 1 "$net" $training $made : -n 1 "$net" $training --what
        refused "a full disk" "/dev/full" $mpi 2 "$net" $training --log /dev/full
    }
    start $mpi 2 "$net" train --what >out 2>err && fail "$mpi: wrong usage"
    [ "$(grep -c "see net --help" err)" -eq 1 ] || fail "$mpi: wrong usage: $(cat err)"
done
# shellcheck disable=SC2086
"$NNGEN_CC" -std=c11 -O1 -w -DNN_MODEL_SYMBOL=nn_model_net "-I$NNGEN_SOURCE/runtime" net.o "$NNGEN_SOURCE/runtime/main.c" \
    ${NNGEN_LIBRARIES:-} -ljansson -lz -lpthread -lm -o plain || fail "not compiled without MPI"
mpi=$(mpis | head -n 1)
net=$scratch/net-$mpi
refused "no MPI" "built without MPI" $mpi 2 ./plain info
if [ "$(mpis | wc -l)" -eq 2 ]; then
    refused "another MPI" "launcher of another MPI" mpich 2 ./net-openmpi info
    refused "another MPI" "launcher of another MPI" openmpi 2 ./net-mpich info
fi

finish
