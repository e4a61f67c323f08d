-- What the page of a study says: a list of parts { kind = ... } for html.lua and markdown.lua:
--   title, heading, text, note    text (with `code`)
--   figure                        panels, caption
--   table                         caption, header, rows, words (columns of words, not numbers)
--   facts                         facts: { name, what it is; code = true for a command }
local results = require "results"

local architectures = { "mlp", "cnn", "sharing", "aux", "transfer", "digit" }
local described = {
  mlp = "both images as one vector through linear layers",
  cnn = "both images as two channels of one convolutional network",
  sharing = "a convolutional network on each image, with the same weights; linear layers compare",
  aux = "as sharing; naming the two digits is an auxiliary loss that fades out",
  transfer = "learns the digits first, then the comparison, with frozen convolutions",
  digit = "learns the digits alone; its two answers are compared outside the network",
}

local function share(x) return ("%.3f"):format(x) end

-- With commas between thousands.
local function grouped(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function listed(words)
  if #words < 2 then return words[1] or "" end
  return table.concat(words, ", ", 1, #words - 1) .. " and " .. words[#words]
end

-- Of several rounds: one alone has none.
local function deviation(study, x) return study.rounds > 1 and share(x) or "–" end

local function seeds(study)
  local first, last = tonumber(study.settings.seed), study.settings.seed + study.rounds - 1
  return first == last and ("%d"):format(first) or ("%d to %d"):format(first, last)
end

local function data(study) return study.settings.data == "synthetic" and "drawn digits" or study.settings.data end

-- Epochs are the architecture's own unless the command says others.
local function epochs(study)
  local said, list = {}, {}
  for _, net in ipairs(study.nets) do
    local n = ("%d"):format(net.epochs)
    if not said[n] then list[#list + 1] = n end
    said[n] = true
  end
  return listed(list)
end

local function introduction(study, add)
  local s = study.settings
  add { kind = "title", text = "Comparing two digits: what the architecture decides" }
  if s.data == "synthetic" then
    add { kind = "note", text = "These are drawn digits, not MNIST: the numbers say that the study runs, and nothing more." }
  end
  add { kind = "text", text = ("Given two images of digits of 14 × 14 pixels: is the first digit less than or equal to " ..
    "the second? Neural networks of %s answer. Each was trained %s for %s epochs on the same %s pairs of %s, " ..
    "%sand tested on the same %s other pairs.")
    :format(#study.nets == 1 and "one architecture" or #study.nets .. " architectures",
      study.rounds == 1 and "once" or study.rounds .. " times", epochs(study), grouped(s.pairs),
      s.data == "synthetic" and "drawn digits" or "MNIST’s digits",
      study.rounds == 1 and "" or "each time from other initial weights (a round), ", grouped(s.test_pairs)) }
  add { kind = "text", text = "The study repeats an earlier one, whose written report (“the report”) gives an accuracy " ..
    "for each architecture. An independent implementation of the same protocol in PyTorch (“the witness”) gives another." }
  if not study.comparable then
    add { kind = "note", text = ("This run is not the report’s: %s. It is therefore not compared with the report or the witness.")
      :format(listed(study.departures)) }
  end
  local rows, missing = {}, {}
  for _, name in ipairs(architectures) do
    local net = study.nets[name]
    if net then rows[#rows + 1] = { name, described[name] }
    else missing[#missing + 1] = name end
  end
  add { kind = "table", caption = "The architectures.", header = { "architecture", "how it answers" },
        rows = rows, words = { true, true } }
  if #missing > 0 then
    add { kind = "text", text = ("Not in this run, and so in no table or figure: %s. The command chose the others.")
      :format(listed(missing)) }
  end
end

local function accuracy(study, add)
  add { kind = "heading", text = "Accuracy" }
  local rows = {}
  for i, net in ipairs(study.nets) do
    rows[i] = { net.name, grouped(net.parameters), share(net.mean), deviation(study, net.deviation), share(net.least), share(net.most),
                ("%.1f"):format(net.seconds) }
  end
  add { kind = "table", rows = rows, words = { true },
        header = { "architecture", "parameters", "mean", "deviation", "min", "max", "seconds" },
        caption = ("Share of right answers to the %s test pairs, over %s. Seconds: one training, on one thread.")
          :format(grouped(study.settings.test_pairs), study.rounds == 1 and "one round" or
            ("%d rounds; standard deviation"):format(study.rounds)) }
  add { kind = "figure", panels = study.figures.accuracy, caption = ("Box: quartiles; line in it: median; " ..
    "whiskers: to the last round within 1.5 box lengths; dots: the rounds, %d of each architecture%s."):format(study.rounds,
      study.comparable and "; diamond: the mean in the report" or "") }
  if #study.nets < 2 then return end
  -- Row minus column is minus column minus row: each pair stands there once.
  local header, body = { "" }, {}
  for j = 2, #study.nets do header[j] = study.nets[j].name end
  for i = 1, #study.nets - 1 do
    local row = { study.nets[i].name }
    for j = 2, #study.nets do
      local d = i < j and results.compare(study.nets[j], study.nets[i])
      row[j] = d and (study.rounds > 1 and "%+.1f ± %.1f (%d : %d)" or "%+.1f")
        :format(100 * d.mean, 100 * d.error, d.won, d.lost):gsub("%-", "−") or ""
    end
    body[i] = row
  end
  add { kind = "table", header = header, rows = body, words = { true },
        caption = "How much more accurate the architecture above is than the one on the left, in percentage points, " ..
          (study.rounds > 1 and "over rounds of equal seeds ± the standard error (rounds won : lost)." or "in one round.") }
end

local function comparison(study, add)
  local s, protocol = study.settings, results.protocol
  add { kind = "heading", text = "Against the report and the witness" }
  add { kind = "table", caption = "The protocols.", words = { true, true, true, true },
        header = { "", "this run", "the report", "the witness" },
        rows = {
          { "data", data(study), protocol.data, protocol.data },
          { "epochs", epochs(study), ("%d"):format(protocol.epochs), ("%d"):format(protocol.epochs) },
          { "training pairs", grouped(s.pairs), grouped(protocol.pairs), grouped(protocol.pairs) },
          { "test pairs", grouped(s.test_pairs), grouped(protocol.test_pairs.report), grouped(protocol.test_pairs.witness) },
          { "rounds", ("%d"):format(study.rounds), protocol.rounds.report, protocol.rounds.witness },
        } }
  if not study.comparable then
    add { kind = "text", text = ("Accuracies of other trainings say nothing about the report’s, so none are compared: this " ..
      "run has %s. Without options and with MNIST’s files, `tools/study` follows the protocol."):format(listed(study.departures)) }
    return
  end
  local rows = {}
  for i, net in ipairs(study.nets) do
    rows[i] = { net.name, share(net.mean), share(net.report), net.verdict, share(net.witness), net.witness_verdict }
  end
  add { kind = "table", caption = "Mean accuracy of this run, of the report and of the witness.", rows = rows, words = { true },
        header = { "architecture", "this run", "the report", "against the report", "the witness", "against the witness" } }
  add { kind = "text", text = "This run is above or below a reference p when its mean is more than two standard errors " ..
    "away, else within noise. The standard error is that of the draw of the n test pairs and that of the rounds " ..
    "together: the root of p (1 − p) / n + deviation² / rounds. Errors of the reference itself, and those of the draw of " ..
    "the training pairs, are not in it. The witness is best compared with on as many test pairs as it had: " ..
    "`--test-pairs 4000`." }
  add { kind = "text", text = "Networks with dropout are expected above the report: the witness comes near the report’s " ..
    "accuracies when its dropout is left on, by mistake, while it is tested." }
end

local function losses(study, add)
  add { kind = "heading", text = "The auxiliary loss" }
  if not study.figures.losses then
    add { kind = "text", text = "Only aux has an auxiliary loss, and it is not in this run." }
    return
  end
  add { kind = "figure", panels = study.figures.losses, caption = "The two losses of aux, the only architecture that has " ..
    "both, as they count in the sum that is minimised: the digits’ by β = (E − e) / E in epoch e of E, the comparison’s by " ..
    "1 − β. CE: cross-entropy. Each has an axis of its own. Lines: mean over the rounds; bands: one standard deviation." }
end

local function mistakes(study, add)
  add { kind = "heading", text = "Which pairs go wrong" }
  add { kind = "figure", panels = study.figures.pairs, caption = "Share of wrong answers by left digit (row) and right " ..
    "digit (column) over all rounds; one map for each architecture, all on one scale. The number in a cell counts its " ..
    "test pairs; grey cells have none." }
  add { kind = "figure", panels = study.figures.distance, caption = "Share of wrong answers for pairs of equal digits, of " ..
    "neighbours (difference 1), and of digits farther apart; the bar on each is one standard deviation over the rounds." }
  local rows = {}
  for i, net in ipairs(study.nets) do
    rows[i] = { net.name }
    for c, class in ipairs(net.classes) do
      rows[i][c + 1] = class.rate and ("%s (%s / %s)"):format(share(class.rate), grouped(class.wrong),
        grouped(class.pairs)) or "no pairs"
    end
  end
  add { kind = "table", caption = "Share of wrong answers by the distance of the digits (wrong / all answers of all rounds).",
        header = { "architecture", table.unpack(results.classes) }, rows = rows, words = { true } }
  if not study.figures.gallery then return end
  add { kind = "heading", text = "The worst mistakes" }
  add { kind = "figure", panels = study.figures.gallery, caption = "The test pairs that were decided wrongly most often, over " ..
    "all architectures and rounds, with the true relation of their digits." }
end

-- The machines of the runs, in words: more than one where a study was continued elsewhere.
local function machines(study)
  local known, list = {}, {}
  for _, net in ipairs(study.nets) do
    for _, round in ipairs(net.rounds) do
      local m = round.machine
      local text = m and ("%s, %s, instruction set %s; programs compiled by %s"):format(m.cpu,
        m.processors == 1 and "one processor" or m.processors .. " processors", m.isa, m.compiler) or "not recorded"
      if not known[text] then list[#list + 1] = text end
      known[text] = true
    end
  end
  return table.concat(list, ". Other runs: ")
end

local function origin(study, add)
  local s = study.settings
  add { kind = "heading", text = "How this page was made" }
  add { kind = "facts", facts = {
    { "Command", s.command or "not recorded", code = s.command ~= nil },
    { "Version", "nngen " .. (s.version or "(not recorded)") },
    { "Machine", machines(study) },
    { "Data", ("%s%s: %s training pairs, %s validation pairs, %s test pairs"):format(data(study),
      s.data == "synthetic" and "" or " from " .. s.source, grouped(s.pairs), grouped(s.val_pairs or 500),
      grouped(s.test_pairs)) },
    { "Seeds", ("%s for initial weights, order and dropout, one for each round, the same for all architectures; %s for the " ..
      "draw of the pairs"):format(seeds(study), s.data_seed or "0") },
  } }
end

return function(study)
  local page = {}
  local function add(part) page[#page + 1] = part end
  for _, chapter in ipairs { introduction, accuracy, comparison, losses, mistakes, origin } do chapter(study, add) end
  return page
end
