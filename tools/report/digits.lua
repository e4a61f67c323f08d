-- What is special about the study of pairs of digits, tools/study without --arch: its references, and
-- mistakes by the digits of the test pairs.
local csv, stats = require "csv", require "stats"

local digits = {}

-- Accuracies to compare with: those of the report, whose study this one repeats, and of the witness,
-- an independent implementation of the same protocol in PyTorch.
digits.reference = {
  mlp = { report = 0.81, witness = 0.794 },
  cnn = { report = 0.80, witness = 0.830 },
  sharing = { report = 0.85, witness = 0.893 },
  aux = { report = 0.90, witness = 0.972 },
  transfer = { report = 0.94, witness = 0.966 },
  digit = { report = 0.96, witness = 0.980 },
}

-- How both came to them. Of the witness, mlp was trained more often than the others.
digits.protocol = {
  data = "MNIST", epochs = 100, pairs = 1000,
  test_pairs = { report = 500, witness = 4000 },
  rounds = { report = "15", witness = "15 of mlp, 5 of the others" },
}

digits.classes = { "equal digits", "neighbours", "farther apart" }

local function class_of(left, right)
  return math.min(math.abs(left - right), 2) + 1
end

-- Adds the test pairs of a round, and its accuracy.
function digits.read_round(round, at)
  local pairs_ = csv.read(at .. "pairs.csv", { "index", "comparison_label", "comparison", "accuracy" })
  local right = 0
  for i, row in ipairs(pairs_) do
    if row.index ~= i - 1 then error(("%spairs.csv:%d: not pair %d"):format(at, i + 1, i - 1), 0) end
    row.left = row.left_digit_label or row.left_digit
    row.right = row.right_digit_label or row.right_digit
    row.wrong = row.accuracy < 0.5
    if not row.wrong then right = right + 1 end
  end
  round.pairs, round.value = pairs_, right / #pairs_
  round.val_accuracy = round.epochs[#round.epochs].val_accuracy
  if not round.val_accuracy then error(at .. "epochs.csv: has no column val_accuracy", 0) end
end

-- Wrong answers and occurrences by the two digits and by their distance, over all rounds.
local function count_mistakes(net)
  local cells, classes = {}, {}
  for c = 1, 3 do classes[c] = { wrong = 0, pairs = 0, rates = {} } end
  for a = 0, 9 do
    cells[a] = {}
    for b = 0, 9 do cells[a][b] = { wrong = 0, pairs = 0 } end
  end
  for _, round in ipairs(net.rounds) do
    local wrong, seen = { 0, 0, 0 }, { 0, 0, 0 }
    for _, pair in ipairs(round.pairs) do
      local cell, c = cells[pair.left][pair.right], class_of(pair.left, pair.right)
      cell.pairs, seen[c] = cell.pairs + 1, seen[c] + 1
      if pair.wrong then cell.wrong, wrong[c] = cell.wrong + 1, wrong[c] + 1 end
    end
    for c = 1, 3 do
      classes[c].wrong, classes[c].pairs = classes[c].wrong + wrong[c], classes[c].pairs + seen[c]
      if seen[c] > 0 then table.insert(classes[c].rates, wrong[c] / seen[c]) end
    end
  end
  for _, class in ipairs(classes) do
    class.rate = class.pairs > 0 and class.wrong / class.pairs or nil
    class.deviation = #class.rates > 0 and stats.deviation(class.rates) or 0
  end
  net.cells, net.classes = cells, classes
end

-- What was trained otherwise than by the report's protocol, in words. The test pairs are none of it:
-- their number is part of the standard error.
local function departures(study)
  local list, protocol = {}, digits.protocol
  if study.settings.data ~= protocol.data then list[1] = ("drawn digits in place of %s"):format(protocol.data) end
  for _, net in ipairs(study.nets) do
    if net.epochs ~= protocol.epochs then
      list[#list + 1] = ("%d epochs in place of %d"):format(net.epochs, protocol.epochs)
      break
    end
  end
  local pairs_ = tonumber(study.settings.pairs)
  if pairs_ ~= protocol.pairs then
    list[#list + 1] = ("%d training pairs in place of %d"):format(pairs_, protocol.pairs)
  end
  return list
end

local function verdict(mean, reference, pairs_, deviation, rounds)
  local error = stats.error_of(reference, pairs_, deviation, rounds)
  local far = (mean - reference) / error
  return far < -2 and "below" or far > 2 and "above" or "within noise", error
end

-- What follows from the runs, for each architecture and for the study.
function digits.conclude(study)
  for _, net in ipairs(study.nets) do
    local reference = digits.reference[net.name]
    net.report, net.witness = reference.report, reference.witness
    net.test_pairs = #net.rounds[1].pairs
    count_mistakes(net)
  end
  study.departures = departures(study)
  study.comparable = #study.departures == 0
  for _, net in ipairs(study.comparable and study.nets or {}) do
    net.verdict, net.error =
      verdict(net.mean, net.report, net.test_pairs, net.deviation, study.rounds)
    net.witness_verdict, net.witness_error =
      verdict(net.mean, net.witness, net.test_pairs, net.deviation, study.rounds)
  end
end

-- Test pairs by how often they were decided wrongly, over all architectures and rounds.
function digits.worst(study, count)
  local list = {}
  for _, net in ipairs(study.nets) do
    for _, round in ipairs(net.rounds) do
      for i, pair in ipairs(round.pairs) do
        local entry = list[i]
        if not entry then
          entry = { index = i - 1, left = pair.left, right = pair.right, wrong = 0, runs = 0,
                    label = pair.comparison_label, by = {} }
          list[i] = entry
        end
        entry.runs = entry.runs + 1
        if pair.wrong then
          entry.wrong = entry.wrong + 1
          entry.by[net.name] = (entry.by[net.name] or 0) + 1
        end
      end
    end
  end
  table.sort(list, function(a, b)
    if a.wrong ~= b.wrong then return a.wrong > b.wrong end
    return a.index < b.index
  end)
  local worst = {}
  for i = 1, math.min(count, #list) do
    if list[i].wrong > 0 then worst[#worst + 1] = list[i] end
  end
  return worst
end

return digits
