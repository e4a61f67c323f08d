#!/bin/sh
# Functions of schedules: learning rates of many steps against Python's math, and the value of the last
# step in evaluations.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"
need_models
command -v python3 >/dev/null || skip "there is no python3"
cd "$scratch"
generated=$scratch

# A phase of 80 steps for each; Python reads the same text without `nn.` and with ** for ^.
cat >expressions <<'END'
0.1 ^ nn.floor(nn.epoch / 3)
nn.where(nn.less(nn.step, 10), (nn.step + 1) / 10, 1 / nn.sqrt(nn.step + 1))
nn.log(2 + nn.step) / nn.log(nn.steps)
nn.sqrt(1e-30 + 1e25 * nn.step) / 1e12
(nn.step + 1) ^ -0.5
(nn.step / nn.steps) ^ 0.9
(1 - nn.step / nn.steps) ^ 2
0.999 ^ (100 * nn.step)
2 ^ (nn.step - 20)
(-1.01) ^ nn.step + 3
1.5 ^ -nn.epoch + (nn.epoch - 8) ^ 2
nn.exp(-nn.epoch) * nn.greater_equal(nn.epoch, 1) + nn.equal(nn.step, 7)
nn.less_equal(nn.step, 9) + nn.greater(nn.step, 70) * nn.where(nn.step - 75, 2, 3)
1 + nn.cos(math.pi * nn.step / nn.steps)
nn.max(0, nn.floor(-nn.step / 7) + 9)
END
{
    echo 'local nn = require "nn"
local x, y = nn.input("pair", {2, 14, 14}), nn.label("comparison", 2)
local out = nn.linear { name = "fc", out = 2 }(nn.flatten(x))
local train = {}
for _, rate in ipairs {'
    sed 's/$/,/' expressions
    echo '} do
  train[#train + 1] = { steps = 80, batch = 25, eval_every = 1, eval_samples = 2, optimizer = nn.sgd { lr = 1e-6 * rate },
                        loss = nn.cross_entropy(out, y) }
end
return nn.model { name = "rates", data = "mnist-pairs", train = train,
  metrics = { step = nn.mse(0 * out, nn.step), root = nn.sqrt(nn.mse(0 * out, nn.step)), log = nn.log(nn.mse(0 * out, 3)) } }'
} >rates.lua
"$NNGEN" --isa=portable -o rates.c rates.lua || fail "status $?"
compile_model "$NNGEN_CC" rates "$scratch/rates" -O1 -w || fail "not compiled"
data="--data synthetic --pairs 105 --val-pairs 50 --test-pairs 20"
trained rates rates
./rates eval $data --load rates.safetensors --split val --json >eval.json 2>err || fail "eval: $(cat err)"

cat >compare.py <<'END'
import csv, json, math, sys
from math import cos, exp, floor, log, sqrt

def where(c, a, b): return a if c else b
def less(a, b): return float(a < b)
def less_equal(a, b): return float(a <= b)
def greater(a, b): return float(a > b)
def greater_equal(a, b): return float(a >= b)
def equal(a, b): return float(a == b)

expressions = [line.strip() for line in open("expressions")]
rows = list(csv.DictReader(open("rates.csv")))
if len(rows) != 80 * len(expressions):
    sys.exit("%d rows" % len(rows))
wrong = 0
for i, row in enumerate(rows):
    text = expressions[i // 80]
    step = i % 80
    names = dict(globals(), step=step, steps=80, epoch=step // 5, epochs=16)
    wanted = 1e-6 * eval(text.replace("nn.", "").replace("^", "**"), names)
    if abs(float(row["lr"]) - wanted) > 1e-12 * abs(wanted) + 1e-30:
        print(text, "at step", step, "is", row["lr"], "not", wanted)
        wrong += 1
    if float(row["val_step"]) != step ** 2 or float(row["val_root"]) != step:
        print("step", step, "is evaluated as", row["val_step"], row["val_root"])
        wrong += 1
    if abs(float(row["val_log"]) - log(9)) > 1e-15:
        print("log 9 is", row["val_log"])
        wrong += 1
last = json.loads(open("eval.json").read().splitlines()[-1])
if "6241" not in json.dumps(last):  # 79 squared
    print("eval:", last)
    wrong += 1
sys.exit(wrong > 0)
END
python3 compare.py || fail "schedules"
finish
