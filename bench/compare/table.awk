# The table: `model train_flops forward_flops` lines in the first file, in the second what was
# measured: `peer model batch step_us infer_us peak_gflops ...`, of which the best counts.

function note(peer, work, us, gflops) {
    if (!((peer, work) in best) || us < best[peer, work]) {
        best[peer, work] = us
        peak[peer, work] = gflops
    }
}
function cell(peer, work, flops,    us) {
    if (!((peer, work) in best)) return "-"
    us = best[peer, work]
    return sprintf(us < 100 ? "%.1f (%.0f %%)" : "%.0f (%.0f %%)", us,
                   flops / (us * 10 * peak[peer, work]))
}
function row(model, kind, batch, flops,    work, line, p, peer, other) {
    work = model " " kind " " batch
    if (!(("nngen", work) in best)) return
    line = "| " model ", " kind " | " batch " |"
    for (p = 1; p <= n_peers; p++) {
        peer = peer_of[p]
        line = line " " cell(peer, work, flops * batch) " |"
        if (p > 1 && (peer, work) in best && (!other || best[peer, work] < other))
            other = best[peer, work]
    }
    printf "%s %.1f |\n", line, other / best["nngen", work]
}

BEGIN {
    title["nngen"] = "nngen"
    title["onednn"] = "oneDNN by hand"
    title["tuned"] = "PyTorch, best variant"
    title["eager"] = "PyTorch, eager"
    n_peers = split(peers, peer_of, " ")
}
FNR == NR {
    train[$1] = $2
    forward[$1] = $3
    next
}
{
    note($1, $2 " training " $3, $4, $6)
    note($1, $2 " inference " $3, $5, $6)
}
END {
    line = "| work | batch |"
    rule = "|---|---:|"
    for (p = 1; p <= n_peers; p++) {
        line = line " " title[peer_of[p]] " |"
        rule = rule "---:|"
    }
    print line " the best other / nngen |"
    print rule "---:|"
    n_models = split("digit aux mlp", model, " ")
    for (m = 1; m <= n_models; m++)
        for (b = 1; b <= 100; b *= 10) row(model[m], "training", b, train[model[m]])
    for (m = 1; m <= n_models; m++)
        for (b = 1; b <= 100; b *= 10) row(model[m], "inference", b, forward[model[m]])
}
