-- What the page of a study says: a list of parts { kind = ... } for html.lua and markdown.lua:
--   title, heading, text, note    text (with `code`)
--   figure                        panels, caption
--   table                         caption, header, rows, words (columns of words, not numbers)
--   facts                         facts: { name, what it is; code = true for a command }
-- Here are the chapters that all studies have; the study of digits and that of other architectures
-- have more.
local results, words = require "results", require "words"
local of_digits, general = require "digits_contents", require "general_contents"

local function numbers(study, add)
  local rows = {}
  for i, net in ipairs(study.nets) do
    rows[i] = { net.name, words.grouped(net.parameters), words.value(study, net.mean), words.deviation(study, net.deviation),
                words.value(study, net.least), words.value(study, net.most), ("%.1f"):format(net.seconds) }
    if not study.of_digits then table.insert(rows[i], net.verdict) end
  end
  local rounds = study.rounds == 1 and "one round" or ("%d rounds; standard deviation"):format(study.rounds)
  local header = { "architecture", "parameters", "mean", "deviation", "min", "max", "seconds" }
  if not study.of_digits then header[8] = "against the best" end
  add { kind = "table", rows = rows, words = { true }, header = header,
        caption = (study.of_digits and of_digits or general).measured(study)
          :format(rounds) .. " Seconds: one training, on one thread." }
  add { kind = "figure", panels = study.figures.accuracy, caption = ("Box: quartiles; line in it: median; " ..
    "whiskers: to the last round within 1.5 box lengths; dots: the rounds, %d of each architecture%s."):format(study.rounds,
      study.comparable and "; diamond: the mean in the report" or "") }
end

-- Row minus column is minus column minus row: each pair stands there once.
local function differences(study, add)
  if #study.nets < 2 then return end
  local unit = study.of_digits and 100 or 1
  local format = study.of_digits and { "%+.1f ± %.1f (%d : %d)", "%+.1f" } or { "%+.3g ± %.2g (%d : %d) %s", "%+.3g" }
  local header, body = { "" }, {}
  for j = 2, #study.nets do header[j] = study.nets[j].name end
  for i = 1, #study.nets - 1 do
    local row = { study.nets[i].name }
    for j = 2, #study.nets do
      local d = i < j and results.compare(study, study.nets[j], study.nets[i])
      -- Means that are equal differ by their rounding.
      local mean = d and math.abs(d.mean) > 1e-12 * math.abs(study.nets[i].mean) and d.mean or 0
      row[j] = d and words.minus(format[study.rounds > 1 and 1 or 2]
        :format(unit * mean, unit * d.error, d.won, d.lost, results.verdict(study, d))) or ""
    end
    body[i] = row
  end
  local over = study.rounds > 1 and "over rounds of equal seeds ± the standard error (rounds won : lost)." or "in one round."
  add { kind = "table", header = header, rows = body, words = { true },
        caption = (study.of_digits and
          "How much more accurate the architecture above is than the one on the left, in percentage points, " or
          ("%s of the architecture above less that of the one on the left, "):format(study.metric)) .. over }
end

local function accuracy(study, add)
  add { kind = "heading", text = study.of_digits and "Accuracy" or ("Figures of %s"):format(study.metric) }
  numbers(study, add)
  differences(study, add)
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
    { "Data", (study.of_digits and of_digits or general).data(study) },
    { "Seeds", ("%s for initial weights, order and dropout, one for each round, the same for all architectures%s")
      :format(words.seeds(study), study.of_digits and ("; %s for the draw of the pairs"):format(s.data_seed or "0") or "") },
  } }
end

return function(study)
  local page = {}
  local function add(part) page[#page + 1] = part end
  local chapters = study.of_digits and
    { of_digits.introduction, accuracy, of_digits.comparison, of_digits.losses, of_digits.mistakes, origin } or
    { general.introduction, accuracy, general.courses, origin }
  for _, chapter in ipairs(chapters) do chapter(study, add) end
  return page
end
