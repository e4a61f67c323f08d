-- Made-up results of a study, as tools/study leaves them, for tests of its page:
--   results.lua FOLDER "ARCHITECTURES" ROUNDS EPOCHS PAIRS
local out, names, rounds, epochs, pairs_ = arg[1], arg[2], math.tointeger(arg[3]), math.tointeger(arg[4]), arg[5]
local TEST_PAIRS = 500

local function write(path, text)
  local file = assert(io.open(out .. "/" .. path, "w"))
  assert(file:write(text))
  assert(file:close())
end

-- The same numbers on every machine.
local state = 1
local function random()
  state = (state * 16807) % 2147483647
  return state / 2147483647
end

local digits, images = {}, { "index,left,right" }
for i = 1, TEST_PAIRS do
  -- Never 0 and 0: a cell without pairs.
  local left, right = math.floor(random() * 10), 1 + math.floor(random() * 9)
  digits[i] = { left, right }
  images[i + 1] = ("%d,%s,%s"):format(i - 1, ("80"):rep(196), ("ff"):rep(196))
end

assert(os.execute(("mkdir -p '%s/raw'"):format(out)))
write("raw/images.csv", table.concat(images, "\n") .. "\n")
write("settings", ([[
architectures %s
rounds %d
seed 7
pairs %s
val_pairs 500
test_pairs %d
data_seed 0
epochs own
data MNIST
source /nowhere
version 9.8.7
command tools/study --out 'a & b'
]]):format(names, rounds, pairs_, TEST_PAIRS))
for name in names:gmatch "%S+" do
  assert(os.execute(("mkdir -p '%s/raw/%s'"):format(out, name)))
  for r = 0, rounds - 1 do
    local log = { "phase,epoch,train_digit_loss,train_comparison_loss,val_digit_loss,val_comparison_loss,val_accuracy" }
    for e = 0, epochs - 1 do
      log[e + 2] = ("1,%d,%.6f,%.6f,%.6f,%.6f,0.9"):format(e, 4.6 / (e + 1) + 0.1 * random(), 0.7 / (e + 1),
        4.6 / (e + 1) + 0.2, 0.7 / (e + 1) + 0.02)
    end
    -- Mistakes of all shades: more of them near the diagonal.
    local answers = { "index,left_digit_label,right_digit_label,comparison_label,comparison,accuracy" }
    for i, pair in ipairs(digits) do
      local right = random() > 1 / (1 + math.abs(pair[1] - pair[2])) - 0.2
      local truth = pair[1] <= pair[2] and 1 or 0
      answers[i + 1] = ("%d,%d,%d,%d,%d,%d"):format(i - 1, pair[1], pair[2], truth, right and truth or 1 - truth,
        right and 1 or 0)
    end
    local at = ("raw/%s/round-%d."):format(name, r)
    write(at .. "epochs.csv", table.concat(log, "\n") .. "\n")
    write(at .. "pairs.csv", table.concat(answers, "\n") .. "\n")
    write(at .. "run.csv", ("seed,parameters,seconds,cpu,processors,compiler,isa\n%d,64092,1.5,Testing CPU 3000,2,Testing C 1.2,avx2\n"):format(7 + r))
  end
end
