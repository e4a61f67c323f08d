-- Chapters of a study of any architectures. contents.lua says what a part of the page is.
local words = require "words"

local chapters = {}

local function best_of(study)
  for _, net in ipairs(study.nets) do
    if net.verdict == "best" then return net end
  end
end

function chapters.introduction(study, add)
  local s = study.settings
  add { kind = "title", text = ("%s of %s"):format((s.metric:gsub("^%l", string.upper)),
    #study.nets == 1 and "one architecture" or #study.nets .. " architectures") }
  add { kind = "text", text = ("Each was trained %s with %s evaluations on the same data, %sand then measured by %s of the " ..
    "%s samples; %s is better."):format(study.rounds == 1 and "once" or study.rounds .. " times", words.epochs(study),
      study.rounds == 1 and "" or "each time from other initial weights (a round), ", s.metric, s.split,
      study.less and "less" or "more") }
  local best, near = best_of(study), {}
  for _, net in ipairs(study.nets) do
    if net.verdict == "within noise" then near[#near + 1] = net.name end
  end
  local text = ("The best mean has %s: %s."):format(best.name, words.value(study, best.mean))
  if #study.nets < 2 then
    text = ("The mean is %s."):format(words.value(study, best.mean))
  elseif study.rounds < 2 then
    text = text .. " One round says nothing of noise: no difference is judged."
  elseif #near > 0 then
    text = text .. (" Within noise of it: %s."):format(words.listed(near))
  else
    text = text .. " All others are worse by more than noise."
  end
  add { kind = "text", text = text }
  local rows = {}
  for i, row in ipairs(study.competitors) do rows[i] = { row.architecture, row.file, row.options } end
  add { kind = "table", caption = "The architectures.", header = { "architecture", "file", "its parameters" },
        rows = rows, words = { true, true, true } }
end

function chapters.measured(study)
  return ("%s of the %s samples, over %%s."):format(study.metric, study.settings.split)
end

function chapters.courses(study, add)
  add { kind = "text", text = "A difference of two architectures is taken round by round, as round r has the same seed for " ..
    "all. It is judged where it is more than two standard errors, else it is within noise. The standard error is that of the " ..
    "mean over the rounds: it has the noise of initial weights, order and dropout in it, but neither that of the draw of the " ..
    "data, which are the same in all rounds, nor that of choosing among many architectures: the best of many is partly lucky." }
  if not study.figures.courses then return end
  add { kind = "heading", text = "Courses" }
  add { kind = "figure", panels = study.figures.courses, caption = ("%s after each evaluation, all on one scale. Lines: mean " ..
    "over the rounds; bands: one standard deviation."):format(study.metric) }
end

function chapters.data(study)
  local s = study.settings
  return s.source .. (s.options == "" and "" or (", with %s"):format(s.options))
end

return chapters
