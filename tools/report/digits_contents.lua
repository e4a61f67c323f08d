-- Chapters of the study of pairs of digits alone: what it asks, what it is compared with, which pairs
-- go wrong. contents.lua says what a part of the page is.
local digits, words = require "digits", require "words"
local share, grouped, listed, epochs = words.share, words.grouped, words.listed, words.epochs

local chapters = {}

local architectures = { "mlp", "cnn", "sharing", "aux", "transfer", "digit" }
local described = {
  mlp = "both images as one vector through linear layers",
  cnn = "both images as two channels of one convolutional network",
  sharing = "a convolutional network on each image, with the same weights; linear layers compare",
  aux = "as sharing; naming the two digits is an auxiliary loss that fades out",
  transfer = "learns the digits first, then the comparison, with frozen convolutions",
  digit = "learns the digits alone; its two answers are compared outside the network",
}

local function data(study) return study.settings.data == "synthetic" and "drawn digits" or study.settings.data end

function chapters.introduction(study, add)
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

function chapters.comparison(study, add)
  local s, protocol = study.settings, digits.protocol
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

function chapters.losses(study, add)
  add { kind = "heading", text = "The auxiliary loss" }
  if not study.figures.losses then
    add { kind = "text", text = "Only aux has an auxiliary loss, and it is not in this run." }
    return
  end
  add { kind = "figure", panels = study.figures.losses, caption = "The two losses of aux, the only architecture that has " ..
    "both, as they count in the sum that is minimised: the digits’ by β = (E − e) / E in epoch e of E, the comparison’s by " ..
    "1 − β. CE: cross-entropy. Each has an axis of its own. Lines: mean over the rounds; bands: one standard deviation." }
end

function chapters.mistakes(study, add)
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
        header = { "architecture", table.unpack(digits.classes) }, rows = rows, words = { true } }
  if not study.figures.gallery then return end
  add { kind = "heading", text = "The worst mistakes" }
  add { kind = "figure", panels = study.figures.gallery, caption = "The test pairs that were decided wrongly most often, over " ..
    "all architectures and rounds, with the true relation of their digits." }
end

-- What the page says of the data where it says how it was made.
function chapters.data(study)
  local s = study.settings
  return ("%s%s: %s training pairs, %s validation pairs, %s test pairs"):format(data(study),
    s.data == "synthetic" and "" or " from " .. s.source, grouped(s.pairs), grouped(s.val_pairs or 500),
    grouped(s.test_pairs))
end

function chapters.measured(study)
  return ("Share of right answers to the %s test pairs, over %%s."):format(grouped(study.settings.test_pairs))
end

return chapters
