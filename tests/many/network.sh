#!/bin/sh
# Two hosts, as namespaces with a name of their own and a cable between them that delays frames and loses some, by TCP: the
# bytes of one process.
. "$(dirname "$0")/mpi.inc"
need_tools ip unshare
[ "$(id -u)" -eq 0 ] || skip "namespaces want root"
id=nn$$
ip netns add ${id}a 2>/dev/null || skip "namespaces are not permitted"
cable=
trap '[ -z "$cable" ] || kill $cable; ip netns del ${id}a 2>/dev/null; ip netns del ${id}b 2>/dev/null; rm -rf "$scratch"' EXIT
ip netns add ${id}b || skip "namespaces are not permitted"
"$NNGEN_CC" -std=gnu11 -O1 -Wall -Wextra -Werror "$NNGEN_SOURCE/tests/many/delay.c" -o delay || { fail "delay.c does not compile"; finish; }
# plug MICROSECONDS LOST-OF-1000: a cable between the hosts, in place of the one before.
plug() {
    if [ -n "$cable" ]; then kill "$cable"; wait "$cable" 2>/dev/null || true; fi
    ./delay ${id}a ${id}b "$1" "$2" 2>err &
    cable=$!
    tries=0
    until ip -n ${id}a addr add 10.77.0.1/24 dev cable 2>/dev/null && ip -n ${id}b addr add 10.77.0.2/24 dev cable 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 30 ] || { cable=; skip "virtual networks are not permitted: $(cat err)"; }
        sleep 0.1
    done
    for host in a b; do ip -n $id$host link set cable up && ip -n $id$host link set lo up; done
}
# How a launcher starts its part on a host: `host 10.77.0.2 command...`.
cat >host <<END
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
case \$1 in 10.77.0.1) on=${id}a ;; *) on=${id}b ;; esac
shift
exec ip netns exec \$on unshare -u sh -c 'hostname '\$on'; exec sh -c "\$*"' host "\$@"
END
chmod +x host
"$NNGEN" --isa=avx2,neon,portable -o net.c "$NNGEN_SOURCE/tests/many/net.lua" && make_program net || { fail "not compiled"; finish; }
table 1000
training="train --data $scratch/table.safetensors --seed 5 --threads 1"
# shellcheck disable=SC2086
"./net-$(mpis | head -n 1)" $training --save one.safetensors >/dev/null 2>&1 || fail "alone: status $?"
# on_hosts MPI WORDS...: a process on each host.
on_hosts() {
    on=$1
    shift
    case $on in
    openmpi)
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout "$timed" "$scratch/host" 10.77.0.1 mpirun.openmpi \
            -H 10.77.0.1:1,10.77.0.2:1 --mca plm_rsh_agent "$scratch/host" --mca plm_rsh_no_tree_spawn 1 --mca btl self,tcp \
            --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 --mca hwloc_base_binding_policy none \
            "$scratch/net-openmpi" "$@"
        ;;
    mpich)
        timeout "$timed" "$scratch/host" 10.77.0.1 mpirun.mpich -hosts 10.77.0.1,10.77.0.2 -ppn 1 -n 2 \
            -launcher rsh -launcher-exec "$scratch/host" "$scratch/net-mpich" "$@"
        ;;
    esac
}
# compared NAME MPI DELAY LOST: trains over such a cable.
compared() {
    plug "$3" "$4"
    # shellcheck disable=SC2086
    on_hosts "$2" $training --save "$1-$2.safetensors" >out 2>err || { fail "$1, $2: status $?: $(tail -n 5 err)"; return; }
    cmp one.safetensors "$1-$2.safetensors" || fail "$1, $2: other weights"
}
for mpi in $(mpis); do
    compared fast $mpi 0 0
    compared slow $mpi 1000 10
    NNGEN_SLICES_FROM=1 compared slices $mpi 1000 10
done
finish
