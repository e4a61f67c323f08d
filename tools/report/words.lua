-- Words that the chapters of a page share.
local words = {}

function words.share(x) return ("%.3f"):format(x) end

-- With commas between thousands.
function words.grouped(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

function words.listed(list)
  if #list < 2 then return list[1] or "" end
  return table.concat(list, ", ", 1, #list - 1) .. " and " .. list[#list]
end

function words.minus(text) return (text:gsub("%-", "−")) end

-- A value of what the study measures: accuracies of digits have three decimals.
function words.value(study, x) return study.of_digits and words.share(x) or words.minus(("%.4g"):format(x)) end

-- Of several rounds: one alone has none.
function words.deviation(study, x)
  return study.rounds < 2 and "–" or study.of_digits and words.share(x) or ("%.2g"):format(x)
end

function words.seeds(study)
  local first, last = tonumber(study.settings.seed), study.settings.seed + study.rounds - 1
  return first == last and ("%d"):format(first) or ("%d to %d"):format(first, last)
end

-- Epochs are the architecture's own unless the command says others.
function words.epochs(study)
  local said, list = {}, {}
  for _, net in ipairs(study.nets) do
    local n = ("%d"):format(net.epochs)
    if not said[n] then list[#list + 1] = n end
    said[n] = true
  end
  return words.listed(list)
end

return words
