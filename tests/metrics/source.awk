# The straight-line bodies of the kernels in a generated C file: those with more than `max_steps`
# reduction steps or `max_fmas` vector multiply-adds, a line each. A body is what a loop, or else the
# kernel, holds beside the loops in it. The reduction steps are how often the body adds to one
# accumulator.

function open(kind) {
    depth++
    is_loop[depth] = kind
    fmas[depth] = steps[depth] = 0
}

function close_body(    name) {
    if (fmas[depth] > max_fmas)
        printf "%s, line %d: %d multiply-adds in a body, at most %d\n", kernel, NR, fmas[depth], max_fmas
    if (steps[depth] > max_steps)
        printf "%s, line %d: %d reduction steps in a body, at most %d\n", kernel, NR, steps[depth],
               max_steps
    for (name in added)
        if (index(name, depth SUBSEP) == 1) delete added[name]
    depth--
}

# Notes the multiply-adds of a line in the body that it belongs to.
function note(line,    text, name, body, rows) {
    for (body = depth; body > 1 && !is_loop[body]; body--) continue
    text = line
    while (match(text, /[A-Za-z0-9_]+ = V_FMA\(/)) {
        name = substr(text, RSTART, RLENGTH - 9)
        text = substr(text, RSTART + RLENGTH)
        # The third operand is the accumulator itself, or this is no step of a sum.
        if (match(text, "[ ,(]" name "\\)") && ++added[body, name] > steps[body])
            steps[body] = added[body, name]
    }
    fmas[body] += gsub(/V_FMA\(/, "", line)
    rows = gsub(/FMA\(/, "", line) # a row is 16 floats
    fmas[body] += rows * registers[isa]
}

BEGIN {
    registers["avx512"] = 1
    registers["avx2"] = 2
    registers["portable"] = 4
}

# The names of kernels stand at the beginning of a line, their attributes above.
/^void [kw]_[a-z0-9_]*\(.*\{$/ {
    kernel = $2
    sub(/\(.*/, "", kernel)
    isa = kernel
    sub(/.*_/, "", isa)
    depth = 0
    open(1)
    pending = 0
    next
}
kernel == "" { next }
/^\}/ {
    close_body()
    kernel = ""
    next
}
{
    line = $0
    sub(/^ */, "", line)
    loop = line ~ /^(for|while|do)[ (]/
    if (line ~ /^\}/) {
        close_body()
        sub(/^\} */, "", line)
    }
    if (line ~ /\{$/) {
        open(loop || pending)
        pending = 0
    } else if (loop && line ~ /\)$/) {
        pending = 1
    } else if (loop || pending) {
        open(1)
        note(line)
        close_body()
        pending = 0
    } else {
        note(line)
    }
}
