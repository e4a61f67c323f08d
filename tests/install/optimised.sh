#!/bin/sh
# Generated code and the runtime are optimised in a project without a build type, or with one that CMake
# does not know; in Debug they are not.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"

# optimisation FOLDER FILE: the last -O of the command that compiles it.
optimisation() {
    sed -n 's/^ *"command": *"\(.*\)",*$/\1/p' "$scratch/$1/compile_commands.json" | grep -e "-c [^ ]*/$2" |
        head -n 1 | tr ' ' '\n' | grep '^-O' | tail -n 1
}

for type in "" Own MinSizeRel Debug; do
    folder=build-$type
    configure "$folder" -DHOW=subdirectory -DNNGEN="$NNGEN_SOURCE" -DNNGEN_EXECUTABLE="$NNGEN" -DPROGRAM=ON \
        -DCMAKE_C_COMPILER="$NNGEN_CC" -DCMAKE_BUILD_TYPE=$type -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ||
        { cat "$scratch/log"; fail "cmake: status $?"; finish; }
    case $type in
    Debug) wanted="/" ;;
    MinSizeRel) wanted="-O2/-Os" ;;
    *) wanted="-O2/-O2" ;;
    esac
    got=$(optimisation "$folder" generated/net.c)/$(optimisation "$folder" train.c)
    [ "$got" = "$wanted" ] || fail "build type \"$type\": generated code/runtime have $got, not $wanted"
done
finish
