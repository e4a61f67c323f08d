# Figures of each kernel in the assembly of a model, x86 (AT&T syntax) or AArch64, a line each:
#
#   instruction set, kernel, multiply-adds in its hottest loop, vector loads for each of them there,
#   vector spills there, vector spills in the whole kernel
#
# The hottest loop is the one that adds most to sums which live in registers from turn to turn, or
# else has the most multiply-adds, among those that hold no other loop. A loop is what lies between a
# label and the last jump back to it. A load is any instruction that reads memory into a vector
# register, a spill one that writes a vector register to the stack. -v isas="avx512 avx2" names the
# instruction sets whose kernels are wanted.

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
        spills += spill[i]
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

# x86, AT&T syntax: the last operand is written.
function note_x86(    operands, n, operand, last, address) {
    if ($1 == "movq" && $2 == "%rsp," && $3 == "%rbp") framed = 1
    if ($1 !~ /^v/) return
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
        spill[lines] = substr(address, 2, 3) ~ /^rsp$/ || (framed && substr(address, 2, 3) == "rbp")
    }
}

# AArch64: the first operand is written, stores apart; a pair is two.
function note_arm(    pair) {
    if ($1 == "mov" && $2 == "x29," && $3 == "sp") framed = 1
    fma[lines] = $1 == "fmla" || $1 == "fmls"
    pair = $1 ~ /p$/ ? 2 : 1
    if ($1 ~ /^st/) {
        if ($2 ~ /^q/) spill[lines] = pair * ($0 ~ /\[sp/ || (framed && $0 ~ /\[x29/))
        return
    }
    if ($2 != "{" && $2 !~ /^[vqs][0-9]/) return
    written[lines] = $2 == "{" ? $3 : $2
    gsub(/^[vqs]|[.,].*/, "", written[lines])
    load[lines] = $1 ~ /^ld/ ? pair : 0
}

BEGIN {
    gsub(/[ \n]+/, "|", isas) # those that are looked at
    kernels = "^[kw]_[a-z0-9_]*_(" isas "):"
}
$0 ~ kernels {
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
    arm = !/%/
    sub(arm ? "[ \t]*//.*" : "[ \t]*#.*", "")
    lines++
    fma[lines] = load[lines] = spill[lines] = 0
    written[lines] = ""
    if ($1 ~ /^(j|b|cb|tb)/ && $NF in label_at) loop_end[label_at[$NF]] = lines
    if (arm)
        note_arm()
    else
        note_x86()
}
