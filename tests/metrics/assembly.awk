# Figures of each kernel in the x86 assembly (AT&T syntax) of a model, a line each:
#
#   instruction set, kernel, multiply-adds in its hottest loop, vector loads for each of them there,
#   vector spills there, vector spills in the whole kernel
#
# The hottest loop is the one that adds most to sums which live in registers from turn to turn, or
# else has the most multiply-adds, among those that hold no other loop. A loop is what lies between a
# label and the last jump back to it. A load is any instruction that reads memory into a vector
# register, a spill one that writes a vector register to the stack.

function is_vector(operand) { return operand ~ /^%[xyz]mm[0-9]/ }

function begin_function(name) {
    kernel = name
    lines = framed = 0
    split("", label_at)
    split("", loop_end)
}

# Counts over the lines `from` .. `to` into fmas, loads, spills and the multiply-adds to sums.
function count(from, to,    i, other) {
    fmas = loads = spills = sums = 0
    split("", other)
    for (i = from; i <= to; i++)
        if (!fma[i]) other[written[i]] = 1
    for (i = from; i <= to; i++) {
        fmas += fma[i]
        sums += fma[i] && !(written[i] in other)
        loads += load[i]
        spills += spill[i] == "rsp" || (framed && spill[i] == "rbp")
    }
}

# Whether the loop just counted is a better candidate than the best one. Of equals the one with fewer
# spills and loads: the others are the tails of what does not fill a tile.
function hotter() {
    if (sums != best_sums) return sums > best_sums
    if (fmas != best_fmas) return fmas > best_fmas
    if (spills != best_spills) return spills < best_spills
    return loads < best_loads
}

function end_function(    start, inner, other, isa) {
    best_sums = best_fmas = best_loads = best_spills = 0
    for (start in loop_end) {
        inner = 1
        for (other in loop_end)
            if (other + 0 > start + 0 && loop_end[other] <= loop_end[start]) inner = 0
        if (!inner) continue
        count(start + 0, loop_end[start])
        if (fmas && hotter()) {
            best_sums = sums
            best_fmas = fmas
            best_loads = loads
            best_spills = spills
        }
    }
    count(1, lines)
    isa = kernel
    sub(/.*_/, "", isa)
    sub(/_[^_]*$/, "", kernel)
    if (best_fmas > 0 || spills > 0)
        printf "%s %s %d %.2f %d %d\n", isa, kernel, best_fmas,
               best_fmas ? best_loads / best_fmas : 0, best_spills, spills
    kernel = ""
}

/^[kw]_[a-z0-9_]*_(avx2|avx512):/ {
    sub(/:.*/, "")
    begin_function($0)
    next
}
kernel == "" { next }
/^[.]Lfunc_end/ {
    end_function()
    next
}
/^[.]L[A-Za-z0-9_]*:/ {
    sub(/:.*/, "")
    label_at[$0] = lines + 1
    next
}
/^\t[a-z]/ {
    sub(/[ \t]*#.*/, "")
    lines++
    fma[lines] = load[lines] = 0
    spill[lines] = written[lines] = ""
    if ($1 ~ /^j/ && $2 in label_at) loop_end[label_at[$2]] = lines
    if ($1 == "movq" && $2 == "%rsp," && $3 == "%rbp") framed = 1
    if ($1 !~ /^v/) next
    operands = $0
    sub(/^\t[a-z0-9]+[ \t]*/, "", operands)
    n = split(operands, operand, /, */)
    last = operand[n]
    sub(/ *[{].*/, "", last)
    # A comma inside an address makes pieces of it; the piece with ")" ends it.
    fma[lines] = $1 ~ /^vfn?m(add|sub)[0-9]*ps$/
    if (is_vector(last)) {
        written[lines] = substr(last, 5)
        load[lines] = operands ~ /[(]/
    } else if (last ~ /[)]$/ && $1 ~ /^vmov/ && is_vector(operand[1])) {
        address = operands
        sub(/^[^(]*[(]/, "", address)
        spill[lines] = substr(address, 2, 3)
    }
}
