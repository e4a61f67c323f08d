#!/bin/sh
# Random valid architectures: compiled code against the interpreter on every instruction set.
# NNGEN_SEED and NNGEN_CASES choose others and more.
. "$(dirname "$0")/../lib.sh"

seed=${NNGEN_SEED:-1}
cases=${NNGEN_CASES:-3}
echo "seed $seed, $cases graphs"

# architecture SEED: Lua on standard output.
architecture() {
    awk -v seed="$1" '
    function r(n) { return int(rand() * n) }
    function act(v) {
        v = r(6)
        return v == 0 ? "nn.relu" : v == 1 ? "nn.tanh" : v == 2 ? "nn.sigmoid" : v == 3 ? "nn.leaky_relu { slope = 0.1 }" : "nn.relu"
    }
    BEGIN {
        srand(seed)
        c = 1 + r(5); h = 7 + r(8); w = 7 + r(8); classes = 2 + r(20); out = 1 + r(20)
        print "local nn = require \"nn\""
        printf "local x, l, t = nn.input(\"x\", {%d, %d, %d}), nn.label(\"l\", %d), nn.target(\"t\", {%d})\n", c, h, w, classes, out
        printf "local other = nn.input(\"other\", {%d, %d, %d})\n", c, h, w
        # Every call of net uses the layers that the first one made.
        print "local made, at = {}, 0"
        print "local function use(layer) at = at + 1; made[at] = made[at] or layer; return made[at] end"
        print "local function net(y)"
        print "at = 0"
        depth = 1 + r(3)
        for (i = 0; i < depth; i++) {
            k = 1 + 2 * r(2 + (h > 5 && w > 5)); pad = r(2) * int(k / 2); stride = 1 + r(2)
            groups = (i > 0 && r(3) == 0) ? g : 1; g = 2 + r(3); o = groups * g * (1 + r(6))
            if (h + 2 * pad < k || w + 2 * pad < k) { k = 1; pad = 0 }
            printf "y = use(nn.conv2d { out = %d, kernel = %d, stride = %d, padding = %d, groups = %d, bias = %s })(y)\n", o, k, stride, pad, groups, r(4) ? "true" : "false"
            h = int((h + 2 * pad - k) / stride) + 1; w = int((w + 2 * pad - k) / stride) + 1
            printf "y = %s(y)\n", act()
            if (r(3) == 0) printf "do local z = use(nn.conv2d { out = %d, kernel = 1 })(y); y = y * 0.5 + z end\n", o
            if (h > 3 && w > 3 && r(2)) {
                s = 1 + r(3)
                printf "y = nn.%s_pool2d { kernel = %d, stride = %d }(y)\n", r(3) ? "max" : "avg", 2 + r(2), s == 1 ? 2 : s
                print "local size = y.shape"
                known = 0
                # The shape is asked for below; here only its lower bound matters.
                h = 2; w = 2
            }
            if (r(2)) printf "y = use(nn.dropout%s { p = 0.%d })(y)\n", r(3) ? "" : "2d", 1 + r(7)
            if (h < 3 || w < 3) break
        }
        size = 3 + r(60)
        printf "return use(nn.sequential { nn.flatten, nn.linear { out = %d }, %s, nn.dropout { p = 0.25 } })(y), y\n", size, act()
        print "end"
        print "local f, y = net(x)"
        uses = r(5)
        if (uses == 1) print "f = f + 0.5 * net(other)" # a difference would cancel
        if (uses == 2) print "f = nn.concat { net(other), f }"
        if (uses == 3) print "local g = net(other); f = nn.concat { f * g, f + net(x), nn.tanh(g) }"
        if (uses == 4) printf "do local again = nn.linear { out = %d }; f = again(nn.tanh(again(f)) + again((net(other)))) end\n", size
        printf "local a, b = nn.linear { out = %d }(f), nn.linear { out = %d }(nn.concat { f, nn.flatten(y) })\n", classes, out
        print "local ce, m = nn.cross_entropy(a, l), nn." (r(2) ? "mse" : "bce_with_logits") "(b, t)"
        split("nn.adam { lr = 1e-3 }|nn.sgd { lr = 0.05, momentum = 0.9, nesterov = true }|nn.adamw { lr = 1e-3 * nn.cos(nn.epoch / nn.epochs) }|nn.rmsprop { lr = 1e-3, momentum = 0.5 }", opt, "|")
        printf "return nn.model { name = \"fuzz\", train = { epochs = 2, batch = %d, optimizer = %s, loss = %s },\n", 5 + r(90), opt[1 + r(4)], r(4) ? "ce + nn.exp(-nn.epoch) * m" : "ce * m + ce"
        print "  predict = { a = nn.argmax(a), b = b, y = y }, metrics = { accuracy = nn.equal(nn.argmax(a), l) } }"
    }'
}

# shellcheck disable=SC2086 # a list of libraries
compile() {
    "$NNGEN_CC" -O1 -std=c11 -w -I"$NNGEN_SOURCE/runtime" -DNN_MODEL_SYMBOL=nn_model_fuzz "$1" \
        "$NNGEN_SOURCE/runtime/main.c" $NNGEN_LIBRARIES -ljansson -lz -lpthread -lm -o "$2"
}

i=0
while [ "$i" -lt "$cases" ]; do
    i=$((i + 1))
    file=$scratch/fuzz$i.lua
    architecture $((seed * 100 + i)) >"$file"
    if ! "$NNGEN" "$file" >"$scratch/fuzz.c" 2>"$scratch/err"; then
        cat "$file" "$scratch/err"
        fail "graph $i of seed $seed does not compile"
        continue
    fi
    compile "$scratch/fuzz.c" "$scratch/fuzz" || { cat "$file"; fail "graph $i of seed $seed: C"; continue; }
    for isa in avx512 avx2 portable; do
        status=0
        "$scratch/fuzz" check --quiet --isa "$isa" >"$scratch/out" 2>&1 || status=$?
        grep -q "not have\|not on this\|lacks" "$scratch/out" && continue
        [ "$status" = 0 ] || { cat "$file" "$scratch/out"; fail "graph $i of seed $seed on $isa"; }
    done
done
finish
