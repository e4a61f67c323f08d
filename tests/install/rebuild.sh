#!/bin/sh
# What is made again after a change, with ninja and with make: nngen runs for the architectures that the
# change concerns, and only C that has become another is compiled.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
install_nngen

mkdir "$scratch/nets"
project=$scratch/nets
cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.21)
project(nets LANGUAGES C)
find_package(nngen REQUIRED)
nngen_add_model_library(NAME one ARCH one.lua)
nngen_add_model_library(NAME two ARCH two.lua)
END
net() {
    cat >"$project/$1.lua" <<END
local nn = require "nn"
local out = nn.linear { out = $2 }(nn.input("x", {3}))
return nn.model { predict = { out = out },
  train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(out, 0) } }
END
}
net one 2
net two '(require "part")'

# expect WHAT NGEN C: a build that runs nngen for the first list and compiles the second.
expect() {
    cmake --build "$build_folder" >"$scratch/log" 2>&1 ||
        { tail -n 20 "$scratch/log"; fail "$generator: $1: the build fails"; finish; }
    ran=$(sed -n 's/.*nngen \([a-z]*\)[.]lua$/\1/p' "$scratch/log" | sort | tr '\n' ' ')
    compiled=$(sed -n 's/.*Building C object .*\/\([a-z]*\)[.]c[.]o$/\1/p' "$scratch/log" | sort | tr '\n' ' ')
    [ "$ran" = "${2:+$2 }" ] || fail "$generator: $1: nngen runs for \"$ran\", not for \"$2\""
    [ "$compiled" = "${3:+$3 }" ] || fail "$generator: $1: compiles \"$compiled\", not \"$3\""
}

for generator in Ninja "Unix Makefiles"; do
    case $generator in Ninja) tool=ninja ;; *) tool=make ;; esac
    command -v $tool >/dev/null || { echo "$tool is missing"; continue; }
    NNGEN_GENERATOR=$generator
    echo "return 3" >"$project/part.lua"
    configure "$tool" -DCMAKE_C_COMPILER="$NNGEN_CC" || { cat "$scratch/log"; fail "cmake: status $?"; finish; }
    expect "the first build" "one two" "one two"
    expect "no change" "" ""
    touch "$project/one.lua"
    expect "an architecture is touched" "one" ""
    net one 4
    expect "an architecture is changed" "one" "one"
    net one 2
    expect "it is changed back" "one" "one"
    echo "return 5" >"$project/part.lua"
    expect "a part is changed" "two" "two"
    touch "$prefix/bin/nngen"
    expect "nngen is another one" "one two" ""
    expect "no change in the end" "" ""
done
finish
