#!/bin/sh
# An installed nngen with make and pkg-config.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
need_tools make pkg-config
install_nngen
cp -r "$project" "$scratch/project"
cp "$project/decoys/main.c" "$scratch/project"
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH

# Without Jansson and zlib there is still the library.
PKG_CONFIG_LIBDIR="$scratch/nothing" make -C "$scratch/project" CC="$NNGEN_CC" use >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; fail "use: status $?"; }
says_answer "$scratch/project/use"
make -C "$scratch/project" CC="$NNGEN_CC" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "status $?"; }
is_program "$scratch/project/net2"
finish
