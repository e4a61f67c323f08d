#!/bin/sh
# `nngen build` makes a program or a library of a file anywhere, with an installed nngen and with the one
# in the build folder; a failure leaves what was there, and nothing else.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
install_nngen
mkdir "$scratch/tmp" "$scratch/work" "$scratch/a folder"
TMPDIR=$scratch/tmp
CC=$NNGEN_CC
export TMPDIR CC
unset CFLAGS LDFLAGS NNGEN_HOME
cd "$scratch/work"
file="$scratch/a folder/my.lua"
cat >"$file" <<'END'
local nn = require "nn"
local x, y = nn.input("x", {4}), nn.label("y", 3)
local answer = nn.linear { name = "fc", out = 3, bias = nn.param("bias", true) }(x)
return nn.model {
  name    = "my-own",
  train   = { epochs = 1, batch = 4, optimizer = nn.sgd {}, loss = nn.cross_entropy(answer, y) },
  predict = { y = nn.argmax(answer) },
}
END
alone() {
    [ "$(ls -A)" = "$1" ] || fail "$2: there is $(ls -A | tr '\n' ' ') instead of $1"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "$2: left $(ls -A "$TMPDIR")"
}
has_parameters() {
    said=$("$1" info --json | json_value parameters) || fail "$1: status $?"
    [ "$said" = "$2" ] || fail "$1: has $said parameters instead of $2"
}

for nngen in "$prefix/bin/nngen" "$NNGEN"; do
    "$nngen" build "$file" || fail "build: status $?"
    alone my build
    has_parameters ./my 15
    ./my check >/dev/null || fail "check: status $?"
    "$nngen" build --isa=portable -D bias=false -o other "$file" || fail "options: status $?"
    has_parameters ./other 12
    ! ./other info --isa avx2 >/dev/null 2>&1 || fail "--isa had no effect"
    rm my other
done
ln -s "$prefix/bin/nngen" link
./link build "$file" || fail "through a link: status $?"
rm link my

# The library exports the model alone, needs no more than libc and libm, and works.
"$prefix/bin/nngen" build --shared "$file" || fail "shared: status $?"
alone my.so shared
if command -v nm >/dev/null; then
    exported=$(nm -D --defined-only my.so | awk '{ print $NF }' | sed 's/@.*//' | sort | tr '\n' ' ')
    [ "$exported" = "nn_model_my_own nngen_model " ] || fail "my.so exports $exported"
    ! nm -D my.so | grep -E 'json|gz|pthread_create|run_program' || fail "my.so has the runtime in it"
fi
cat >load.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include "model.h"
int main(void) {
    void *library = dlopen("./my.so", RTLD_NOW);
    const NnModel *model = library ? (const NnModel *)dlsym(library, "nn_model_my_own") : NULL;
    if (!model) return 1;
    printf("%s %d\n", model->name, model->n_params);
    return model->abi != NN_ABI;
}
END
"$CC" -I"$prefix/include/nngen" load.c -o load -ldl && [ "$(./load)" = "my-own 2" ] || fail "my.so: $(./load)"
rm load load.c my.so

# What goes wrong: one message, a status, and all as it was.
echo old >my
# fails STATUS WORDS COMMAND...
fails() {
    expected=$1 words=$2
    shift 2
    status=0
    "$@" >/dev/null 2>"$scratch/err" || status=$?
    [ "$status" -eq "$expected" ] || fail "$*: status $status: $(cat "$scratch/err")"
    grep -qE -e "$words" "$scratch/err" || fail "$*: says $(cat "$scratch/err")"
    alone my "$*"
    [ "$(cat my)" = old ] || fail "$*: my has changed"
}
nngen=$prefix/bin/nngen
fails 1 'false did not make my.*CC=' env CC=false "$nngen" build "$file"
fails 1 'cannot run no-compiler: No such file' env CC=no-compiler "$nngen" build "$file"
fails 1 'did not make my' env CFLAGS=-ffast-math "$nngen" build "$file"
fails 1 'no C compiler: neither clang nor gcc' env -u CC PATH=/nowhere "$nngen" build "$file"
fails 1 'model.h of nngen is not in /nowhere.*NNGEN_HOME' env NNGEN_HOME=/nowhere "$nngen" build "$file"
fails 1 'cannot open absent.lua' "$nngen" build absent.lua
fails 1 'is there and is no file' "$nngen" build -o "$scratch/work" "$file"
fails 1 'did not make missing/my' "$nngen" build -o missing/my "$file"
fails 2 'build needs ARCH.lua' "$nngen" build
fails 2 'build takes no --emit' "$nngen" build --emit c "$file"
fails 2 'takes no --shared' "$nngen" --shared "$file"
fails 2 'nngen -o FILE.c .*my.lua writes the C' "$nngen" build -o o.c "$file"
fails 2 'nngen -o FILE.c .*my.lua writes the C' "$nngen" build -o o.h "$file"
! "$nngen" build --help | grep -i header || fail "build --help tells of a header"
fails 2 'build writes a file' "$nngen" build -o - "$file"
fails 2 'did you mean build' "$nngen" biuld "$file"
cp "$file" "$scratch/noname"
(cd "$scratch" && ! "$nngen" build noname 2>"$scratch/err") || fail "noname: accepted"
grep -q 'would replace the architecture' "$scratch/err" || fail "noname: $(cat "$scratch/err")"

# A signal: the compiler ends first, with all that it started, and nothing stays.
cat >"$scratch/slow" <<END
#!/bin/sh
for word; do last=\$word; done
echo half >"\$last"
mkdir "\${TMPDIR:-/tmp}/of-the-compiler" && echo half >"\${TMPDIR:-/tmp}/of-the-compiler/half.s"
sleep 60 &
echo \$! \$\$ >"$scratch/pids.new" && mv "$scratch/pids.new" "$scratch/pids"
wait
END
chmod +x "$scratch/slow"
ulimit -c 0
# ends STATUS SIGNAL: what a build in the background does when that comes.
ends() {
    rm -f "$scratch/pids"
    CC=$scratch/slow env --default-signal=INT,QUIT "$nngen" build "$file" 2>"$scratch/err" &
    made=$!
    tries=0
    while [ ! -s "$scratch/pids" ] && [ $tries -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s "$2" $made
    status=0
    wait $made || status=$?
    [ "$status" -eq "$1" ] || fail "SIG$2: status $status"
    [ ! -s "$scratch/err" ] || fail "SIG$2: says $(cat "$scratch/err")"
    for pid in $(cat "$scratch/pids"); do
        # A process that has ended may wait for someone to ask how, and one that is killed takes a moment.
        tries=0
        while state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null); do
            case $state in '' | Z | X) break ;; esac
            [ $tries -lt 50 ] || break
            tries=$((tries + 1))
            sleep 0.1
        done
        [ -e "/proc/$pid/stat" ] || continue
        case $state in '' | Z | X) ;; *) fail "SIG$2: the compiler runs on"; kill -KILL "$pid" ;; esac
    done
    alone my "SIG$2"
    [ "$(cat my)" = old ] || fail "SIG$2: my has changed"
}
if env --default-signal=INT true 2>/dev/null; then
    ends 143 TERM
    ends 129 HUP
    ends 130 INT
    ends 131 QUIT
else
    echo "signals: env --default-signal is missing"
fi

# A hang-up that is ignored (nohup) disturbs neither nngen nor the compiler.
printf '#!/bin/sh\nkill -s HUP $PPID $$\nexec "%s" "$@"\n' "$CC" >"$scratch/hang-up"
chmod +x "$scratch/hang-up"
(trap '' HUP && CC=$scratch/hang-up exec "$nngen" build "$file") || fail "nohup: status $?"
alone my nohup
[ "$(cat my)" != old ] || fail "nohup: nothing was made"
finish
