#!/bin/sh
# A newcomer's hour on a fresh Debian: sh tests/fresh/debian.sh SUITE
#
# In a root folder that debootstrap makes: the two commands of README.md out of a clean clone (and the
# tests of installing once more, with what they need), then an installed nngen in a project outside. In a second one, which never saw
# the sources: the .deb that the first has made. Minutes of work and of network, so only with NNGEN_ALL=1,
# as root; NNGEN_MIRROR names a mirror in place of apt's own. Mounts live in a namespace of their own
# and vanish with it.
. "$(dirname "$0")/../lib.sh"
suite=${1:?"a suite of Debian is wanted, such as bookworm"}
[ -n "${NNGEN_ALL:-}" ] || skip "only with NNGEN_ALL=1"
[ -z "${NNGEN_SANITIZED:-}" ] || skip "once is enough, without sanitizers"
[ "$(id -u)" -eq 0 ] || skip "only root may make a root folder"
need_tools debootstrap unshare git
unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces here"
: "${NNGEN_MIRROR:=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 '/debian$')}"
[ -n "$NNGEN_MIRROR" ] || skip "no mirror known: NNGEN_MIRROR names one"

step() { echo "== $(date +%H:%M:%S) $suite: $*"; }

# inside ROOT COMMANDS: in /srv/nngen if that is there, as a newcomer has it.
inside() {
    # shellcheck disable=SC2016 # expanded by the inner shells
    unshare --mount --pid --fork --kill-child sh -euc '
        mount --make-rprivate /
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" /usr/bin/env -i HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
            DEBIAN_FRONTEND=noninteractive NNGEN_DEMO_EPOCHS="${NNGEN_DEMO_EPOCHS:-1}" \
            sh -euc "cd /srv; [ ! -d nngen ] || cd nngen; $2"' inside "$1" "$2" </dev/null ||
        { fail "$suite: \"$2\" ends with $?"; finish; }
}

step "debootstrap"
debootstrap --variant=minbase "$suite" "$scratch/pristine" "$NNGEN_MIRROR" >"$scratch/log" 2>&1 ||
    { tail "$scratch/log"; skip "no $suite from $NNGEN_MIRROR"; }
cp /etc/resolv.conf "$scratch/pristine/etc/resolv.conf"
cp -a "$scratch/pristine" "$scratch/builds"
git -c safe.directory='*' clone -q "$NNGEN_SOURCE" "$scratch/builds/srv/nngen"

step "tools/demo"
inside "$scratch/builds" "tools/demo"
step "tools/test"
inside "$scratch/builds" "tools/test"
step "tools/test -L install"
inside "$scratch/builds" "apt-get install -y -qq --no-install-recommends dpkg-dev file git make qemu-user \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross; tools/test -L install"

step "a project outside, with what was installed"
inside "$scratch/builds" "cmake --install build --prefix /opt/nngen
    cmake -S tests/install/project -B /tmp/outside -DHOW=package -DPROGRAM=ON -DCMAKE_PREFIX_PATH=/opt/nngen
    cmake --build /tmp/outside
    /tmp/outside/use; /tmp/outside/bin/net2 info
    cpack --config build/CPackConfig.cmake -B /srv/packages"

step "the package"
cp "$scratch"/builds/srv/packages/*.deb "$scratch/pristine/srv/"
cp -r "$NNGEN_SOURCE/tests/install/project" "$scratch/pristine/srv/project"
rm -rf "$scratch/builds"
inside "$scratch/pristine" "apt-get update -qq; apt-get install -y -qq ./nngen_*.deb; nngen --version
    nngen build project/net.lua; ./net info; ./net check
    apt-get install -y -qq --no-install-recommends cmake make pkg-config
    cmake -S project -B outside -DHOW=package -DPROGRAM=ON -DCMAKE_C_COMPILER=clang
    cmake --build outside
    outside/use; outside/bin/net2 info
    make -C project CC=clang; project/use; project/net2 info"
step "done"
finish
