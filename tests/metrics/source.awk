# The kernels in a generated C file with more than `max_lines` lines, and their straight-line bodies
# with more than `max_steps` reduction steps or `max_fmas` vector multiply-adds, a line each. A body
# is what a loop or a branch, or else the kernel, holds beside those in it. The reduction steps are
# how often the body adds to one accumulator. With -v longest=1 the longest kernel is told at the end.

function open(kind) { # whether a body begins
    depth++
    is_body[depth] = kind
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

# Vector multiply-adds written in a line: a row is 16 floats.
function count(line,    n, rows) {
    n = gsub(/V_FMA\(/, "", line)
    rows = gsub(/FMA\(/, "", line)
    return n + rows * registers[isa]
}

# Notes the multiply-adds of a line in the body that it belongs to.
function note(line,    text, name, body, parts) {
    for (body = depth; body > 1 && !is_body[body]; body--) continue
    # An accumulator that is declared begins a sum.
    text = line
    while (match(text, /V a[0-9]+_0 =/)) {
        name = substr(text, RSTART + 3, RLENGTH - 7)
        text = substr(text, RSTART + RLENGTH)
        delete added[body, "row " name]
    }
    text = line
    # MAC<n>(row, x) adds to n accumulators of a row.
    while (match(text, /MAC[0-9]+\([0-9]+,/)) {
        split(substr(text, RSTART + 3, RLENGTH - 4), parts, "(")
        text = substr(text, RSTART + RLENGTH)
        fmas[body] += parts[1]
        name = "row " parts[2]
        if (++added[body, name] > steps[body]) steps[body] = added[body, name]
    }
    text = line
    while (match(text, /(FOLLOW|WINDOW)\(/)) {
        fmas[body] += in_macro[substr(text, RSTART, RLENGTH - 1)]
        text = substr(text, RSTART + RLENGTH)
    }
    text = line
    while (match(text, /[A-Za-z0-9_]+ = V_FMA\(/)) {
        name = substr(text, RSTART, RLENGTH - 9)
        text = substr(text, RSTART + RLENGTH)
        # The third operand is the accumulator itself, or this is no step of a sum.
        if (match(text, "[ ,(]" name "\\)") && ++added[body, name] > steps[body])
            steps[body] = added[body, name]
    }
    fmas[body] += count(line)
}

BEGIN {
    n = split(rows, row, /[: \n]/) # registers of a row of 16 floats: ISA:NUMBER ...
    for (i = 1; i < n; i += 2) registers[row[i]] = row[i + 1]
}

# The names of kernels stand at the beginning of a line, their attributes above.
/^void [kw]_[A-Za-z0-9_]*\(.*\{$/ {
    kernel = $2
    sub(/\(.*/, "", kernel)
    isa = kernel
    sub(/.*_/, "", isa)
    depth = 0
    open(1)
    pending = 0
    first = NR
    split("", in_macro)
    next
}
kernel == "" { next }
/^\}/ {
    close_body()
    lines = NR - first + 1
    if (lines > max_lines) printf "%s: %d lines, at most %d\n", kernel, lines, max_lines
    if (lines > most_lines) {
        most_lines = lines
        most_kernel = kernel
    }
    kernel = ""
    next
}
# Macros of the kernel: their multiply-adds count where they are used.
/^ *#define / || macro {
    if (!macro) {
        macro = $2
        sub(/\(.*/, "", macro)
    }
    in_macro[macro] += count($0)
    if ($0 !~ /\\$/) macro = ""
    next
}
{
    line = $0
    sub(/^ */, "", line)
    loop = line ~ /^(for|while|do|if|else)[ (]/
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
END { if (longest) print most_lines, most_kernel }
