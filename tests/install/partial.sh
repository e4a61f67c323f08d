#!/bin/sh
# `cmake --install` of a build that lacks something says what to build, and installs nothing; what it
# names is enough.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
cd "$scratch"
env -u CMAKE_BUILD_TYPE cmake -S "$NNGEN_SOURCE" -B build ${NNGEN_GENERATOR:+-G "$NNGEN_GENERATOR"} \
    -DCMAKE_C_COMPILER="$NNGEN_CC" -DNNGEN_TESTS=OFF >log 2>&1 || { cat log; fail "cmake: status $?"; finish; }

# refused FILE: nothing is installed for want of it.
refused() {
    cmake --install build --prefix "$prefix" >log 2>&1 && fail "without $1: installs"
    tr -s '\n ' ' ' <log >words
    grep -q "$1 is not built yet" words || fail "without $1: $(cat log)"
    grep -q "cmake --build \"$(realpath build)\" --target nngen_package" words || fail "without $1: $(cat log)"
    [ "$(grep -c 'CMake Error' log)" -eq 1 ] || fail "without $1: more than a message: $(cat log)"
    [ -z "$(find "$prefix" -type f 2>/dev/null)" ] || fail "without $1: installs $(find "$prefix" -type f | head -n 3)"
}
# What that target makes, of the build that there is.
cmake --build "$NNGEN_BUILD" --target nngen_package >log 2>&1 || { tail log; fail "nngen_package: status $?"; finish; }
refused '[a-z./_-]*'
cd "$NNGEN_BUILD"
parts=$(ls -d bin/nngen* libnngen_[mr]*.a libnngraph.a share/nngen/nn.c share/nngen/constant.c package/pages/*)
cd "$scratch"
for part in $parts; do
    mkdir -p "build/$(dirname "$part")"
    cp "$NNGEN_BUILD/$part" "build/$part"
done
for part in $parts; do
    mv "build/$part" kept
    refused "$part"
    mv kept "build/$part"
done
cmake --install build --prefix "$prefix" >log 2>&1 || fail "what nngen_package makes is not enough: $(cat log)"
NNGEN_HOME='' "$prefix/bin/nngen" --version >/dev/null || fail "the installed nngen does not run"
if [ -e "$NNGEN_BUILD/build.ninja" ] && command -v ninja >/dev/null; then
    ! ninja -C "$NNGEN_BUILD" -t inputs nngen_package 2>/dev/null | grep 'bin/aux$' || fail "nngen_package builds programs"
fi
finish
