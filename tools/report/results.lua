-- What the runs left, read from the raw files of a study, and what follows from it.
local csv, stats, files, digits = require "csv", require "stats", require "files", require "digits"

local results = {}

-- The value of a round is what the study measures: the metric of its test samples.
local function read_round(study, folder, r)
  local at = ("%s/round-%d."):format(folder, r)
  -- Runs of older versions do not say on what machine.
  local run = csv.read(at .. "run.csv", { "seed", "parameters", "seconds" }, { cpu = true, compiler = true })[1]
  local epochs = csv.read(at .. "epochs.csv", { "phase", "epoch" })
  local round = { round = r, seed = run.seed, parameters = run.parameters, seconds = run.seconds,
                  machine = run.cpu and run, epochs = epochs }
  if study.of_digits then
    digits.read_round(round, at)
  else
    local column = ("%s_%s"):format(study.settings.split, study.metric)
    round.value = csv.read(at .. "test.csv", { column })[1][column]
    if type(round.value) ~= "number" then error(("%stest.csv: %s is no finite number"):format(at, column), 0) end
  end
  return round
end

-- Differences of two architectures in rounds of equal seeds: mean, its standard error, rounds won.
function results.compare(study, a, b)
  local differences, won, lost = {}, 0, 0
  for i, x in ipairs(a.values) do
    local d = x - b.values[i]
    differences[i] = d
    local gain = study.less and -d or d
    if gain > 0 then won = won + 1 elseif gain < 0 then lost = lost + 1 end
  end
  return { mean = stats.mean(differences), won = won, lost = lost,
           error = stats.deviation(differences) / math.sqrt(#differences) }
end

-- Whether a difference is one: more than two standard errors, which one round does not have.
function results.verdict(study, difference)
  if study.rounds < 2 or math.abs(difference.mean) <= 2 * difference.error then return "within noise" end
  return (difference.mean < 0) == study.less and "better" or "worse"
end

-- Each architecture against the one with the best mean.
local function rank(study)
  local best = study.nets[1]
  for _, net in ipairs(study.nets) do
    if net.mean ~= best.mean and (net.mean < best.mean) == study.less then best = net end
  end
  for _, net in ipairs(study.nets) do
    local difference = results.compare(study, net, best)
    net.difference, net.error = difference.mean, difference.error
    net.verdict = net == best and "best" or results.verdict(study, difference)
  end
end

function results.read(out)
  local study = { nets = {}, settings = {} }
  for line in files.read(out .. "/settings"):gmatch "[^\n]+" do
    local key, value = line:match "^(%S+) (.*)$"
    if not key then error(out .. "/settings: not a study's settings", 0) end
    study.settings[key] = value
  end
  local s = study.settings
  study.rounds = tonumber(s.rounds)
  if not study.rounds or not s.architectures then
    error(out .. "/settings: not a study's settings", 0)
  end
  study.of_digits = not s.metric
  study.metric, study.less = s.metric or "accuracy", s.better == "less"
  for name in s.architectures:gmatch "%S+" do
    local net = { name = name, rounds = {} }
    for r = 0, study.rounds - 1 do
      net.rounds[r + 1] = read_round(study, out .. "/raw/" .. name, r)
    end
    local values, seconds = {}, {}
    for i, round in ipairs(net.rounds) do
      values[i], seconds[i] = round.value, round.seconds
    end
    net.values, net.parameters = values, net.rounds[1].parameters
    net.mean, net.deviation = stats.mean(values), stats.deviation(values)
    net.least, net.most = math.min(table.unpack(values)), math.max(table.unpack(values))
    net.seconds = stats.mean(seconds)
    net.epochs = #net.rounds[1].epochs
    study.nets[#study.nets + 1], study.nets[name] = net, net
  end
  if study.of_digits then
    digits.conclude(study)
  else
    study.competitors = csv.read(out .. "/competitors.csv", { "architecture", "file", "options" }, { options = true })
    rank(study)
  end
  return study
end

return results
