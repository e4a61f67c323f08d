#!/bin/sh
# An installed nngen, found by find_package, from C, C++ and as a program, also after it was moved.
. "$(dirname "$0")/../lib.sh"
. "$NNGEN_SOURCE/tests/install/common"
install_nngen
mv "$prefix" "$scratch/moved"
prefix=$scratch/moved
[ "$("$prefix/bin/nngen" --version)" = "$("$NNGEN" --version)" ] || fail "the installed nngen is another one"

# A library alone needs nothing but the C compiler.
export PKG_CONFIG_LIBDIR="$scratch/nothing" PKG_CONFIG_PATH=
build library -DHOW=package -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON
says_answer "$scratch/library/use"
if configure lacks -DHOW=package -DPROGRAM=ON -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON; then
    fail "a program without Jansson and zlib was configured"
fi
tr -s ' \n' ' ' <"$scratch/log" | grep -q "net2.*Jansson.*zlib.*nngen_add_model_library" ||
    { cat "$scratch/log"; fail "it is not said what is missing"; }
unset PKG_CONFIG_LIBDIR PKG_CONFIG_PATH

cxx=OFF
if command -v c++ >/dev/null; then cxx=ON; else echo "no C++ compiler here"; fi
build all -DHOW=package -DPROGRAM=ON -DCXX=$cxx -DPARENT=ON
says_answer "$scratch/all/programs/use"
[ $cxx = OFF ] || says_answer "$scratch/all/programs/use-cxx"
is_program "$scratch/all/programs/net2"
! nm -u "$scratch/all/programs/use" | grep -E 'pthread|gzopen|json' || fail "the library needs more than libm"
finish
