-- The plots of a study as scripts of gnuplot: each function returns the panels of a figure, none
-- where the study has no data for it. A panel has name, title, description (what a screen reader
-- says), script, and width and height in pixels, small enough for a phone. digits_plots.lua has those
-- of the study of digits.
local words = require "words"
local gnuplot, stats = require "gnuplot", require "stats"
local block, plot, by_architecture = gnuplot.block, gnuplot.plot, gnuplot.by_architecture
local blue, pale, orange = gnuplot.blue, gnuplot.pale, gnuplot.orange

local plots = {}

function plots.accuracy(study)
  local boxes, medians, points, report, said = {}, {}, {}, {}, {}
  local measured = ("%s %s"):format(study.settings.split or "test", study.metric)
  for i, net in ipairs(study.nets) do
    local a = net.values
    local q1, median, q3 = stats.quantile(a, 0.25), stats.quantile(a, 0.5), stats.quantile(a, 0.75)
    -- Whiskers reach the last value within 1.5 box lengths (Tukey).
    local low, high = q1, q3
    for _, v in ipairs(a) do
      if v >= q1 - 1.5 * (q3 - q1) then low = math.min(low, v) end
      if v <= q3 + 1.5 * (q3 - q1) then high = math.max(high, v) end
    end
    boxes[i] = { i, q1, low, high, q3 }
    medians[i] = { i - 0.25, median, 0.5 }
    for r, v in ipairs(a) do
      -- Fixed places side by side in place of a random jitter.
      points[#points + 1] = { i + (r * 7 % 11 - 5) * 0.035, v }
    end
    report[i] = { i + 0.38, net.report } -- beside the box, not on it
    said[i] = ("%s: median %s, from %s to %s%s"):format(net.name, words.value(study, median), words.value(study, net.least),
      words.value(study, net.most), study.comparable and ("; %.3f in the report"):format(net.report) or "")
  end
  local script = block("boxes", boxes) .. block("medians", medians) .. block("points", points)
  local parts = {
    ('$boxes using 1:2:3:4:5 with candlesticks whiskerbars 0.4 fc rgb "%s" lc rgb "%s" lw 1.2 notitle'):format(pale, blue),
    ('$medians using 1:2:3:(0) with vectors nohead lc rgb "%s" lw 2.5 title "median"'):format(blue),
    '$points using 1:2 with points pt 7 ps 0.45 lc rgb "#333333" title "one round"',
  }
  if study.comparable then
    script = script .. block("report", report)
    parts[#parts + 1] = ('$report using 1:2 with points pt 13 ps 1.1 lc rgb "%s" title "the report"'):format(orange)
  end
  return { {
    name = "accuracy", title = ("%s of every architecture"):format((measured:gsub("^%l", string.upper))),
    width = math.max(460, 60 * #study.nets), height = 360,
    description = ("Box plots of %d rounds each. %s."):format(study.rounds, table.concat(said, ". ")),
    script = script .. by_architecture(study) .. ([[
set ylabel "%s"
set format y "%s"
set style fill solid 1 border lc rgb "%s"
set boxwidth 0.5
]]):format(gnuplot.text(measured), study.of_digits and "%.2f" or "%g", blue) .. plot(parts),
  } }
end

-- The metric after each evaluation, a panel for each architecture.
function plots.courses(study)
  local panels, low, high, most = {}, math.huge, -math.huge, 0
  if study.of_digits then return panels end
  local function value(round, split, e)
    local row = round.epochs[e + 1]
    return row and tonumber(row[("%s_%s"):format(split, study.metric)])
  end
  for _, net in ipairs(study.nets) do
    for _, round in ipairs(net.rounds) do
      most = math.max(most, #round.epochs)
      for e = 0, #round.epochs - 1 do
        for _, split in ipairs { "train", "val" } do
          local v = value(round, split, e)
          if v then low, high = math.min(low, v), math.max(high, v) end
        end
      end
    end
  end
  if low > high then return panels end
  local room = 0.05 * math.max(high - low, 1e-9 * math.abs(high), 1e-300)
  for i, net in ipairs(study.nets) do
    panels[i] = gnuplot.curves({
      name = ("course-%d"):format(i), title = ("%s of %s by evaluation"):format(study.metric, net.name),
      width = 440, height = 340, xlabel = "evaluation", ylabel = gnuplot.text(("%s, %s"):format(net.name, study.metric)),
      low = ("%.6g"):format(low - room), high = ("%.6g"):format(high + room),
    }, net, most, value)
  end
  return panels
end

return plots
