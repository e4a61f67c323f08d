-- The tables of a study as CSV files.
local csv, digits, results = require "csv", require "digits", require "results"

local function mistakes(study, out)
  local classes, cells = {}, {}
  for _, net in ipairs(study.nets) do
    for c, class in ipairs(net.classes) do
      classes[#classes + 1] = { architecture = net.name, class = digits.classes[c],
        wrong = class.wrong, occurrences = class.pairs, rate = class.rate,
        deviation = class.deviation }
    end
    for a = 0, 9 do
      for b = 0, 9 do
        local cell = net.cells[a][b]
        cells[#cells + 1] = { architecture = net.name, left = a, right = b, wrong = cell.wrong,
          occurrences = cell.pairs, rate = cell.pairs > 0 and cell.wrong / cell.pairs or nil }
      end
    end
  end
  csv.write(out .. "/distance.csv", { "architecture", "class", "wrong", "occurrences", "rate",
    "deviation" }, classes)
  csv.write(out .. "/cells.csv", { "architecture", "left", "right", "wrong", "occurrences", "rate" },
    cells)
end

local function add(list, more) table.move(more, 1, #more, #list + 1, list) return list end

return function(study, out)
  local rounds, rows, paired = {}, {}, {}
  local value = study.of_digits and "test_accuracy" or study.metric
  for _, net in ipairs(study.nets) do
    for _, r in ipairs(net.rounds) do
      rounds[#rounds + 1] = { architecture = net.name, round = r.round, seed = r.seed,
        [value] = r.value, val_accuracy = r.val_accuracy, seconds = r.seconds }
    end
    rows[#rows + 1] = { architecture = net.name, parameters = net.parameters, mean = net.mean,
      deviation = net.deviation, min = net.least, max = net.most, seconds = net.seconds,
      report = net.report, standard_error = net.error, verdict = net.verdict or "not compared",
      witness = net.witness, witness_standard_error = net.witness_error,
      witness_verdict = net.witness_verdict or "not compared", difference = net.difference }
    for _, other in ipairs(study.nets) do
      if other ~= net then
        local d = results.compare(study, net, other)
        paired[#paired + 1] = { architecture = net.name, other = other.name, difference = d.mean,
          standard_error = d.error, rounds_won = d.won, rounds_lost = d.lost,
          verdict = results.verdict(study, d) }
      end
    end
  end
  local table_ = { "architecture", "parameters", "mean", "deviation", "min", "max", "seconds" }
  local pair = { "architecture", "other", "difference", "standard_error", "rounds_won", "rounds_lost" }
  if study.of_digits then
    csv.write(out .. "/rounds.csv", { "architecture", "round", "seed", "test_accuracy", "val_accuracy", "seconds" }, rounds)
    add(table_, { "report", "standard_error", "verdict", "witness", "witness_standard_error", "witness_verdict" })
    mistakes(study, out)
  else
    csv.write(out .. "/rounds.csv", { "architecture", "round", "seed", value, "seconds" }, rounds)
    add(table_, { "difference", "standard_error", "verdict" })
    add(pair, { "verdict" })
  end
  csv.write(out .. "/table.csv", table_, rows)
  csv.write(out .. "/paired.csv", pair, paired)
end
