-- The plots of a study as scripts of gnuplot: each function returns the panels of a figure, none
-- where the study has no data for it. A panel has name, title, description (what a screen reader
-- says), script, and width and height in pixels, small enough for a phone.
-- Colours are of Okabe and Ito's palette, which the colour-blind can tell apart; lightness and shape
-- tell the same again, for print in grey. Keys stand above the plot, where no data are.
local results, stats = require "results", require "stats"

local plots = {}

local blue, sky, pale, orange = "#0072B2", "#56B4E9", "#d6e6f2", "#D55E00"

local function number(x) return ("%.6g"):format(x) end

-- A named block of data in gnuplot's script.
local function block(name, rows)
  local lines = {}
  for i, row in ipairs(rows) do
    local fields = {}
    for j, field in ipairs(row) do
      fields[j] = type(field) == "string" and '"' .. field .. '"' or number(field)
    end
    lines[i] = table.concat(fields, " ")
  end
  return ("$%s << END\n%s\nEND\n"):format(name, table.concat(lines, "\n"))
end

local function plot(parts) return "plot " .. table.concat(parts, ", \\\n     ") .. "\n" end

local style = [[
set border 3 lc rgb "#333333"
set grid ytics lc rgb "#dddddd" lw 1 dt 1
set tics textcolor rgb "#333333" nomirror
set key tmargin center horizontal Left reverse samplen 1 width -3
]]

-- The x axis has a place for each architecture.
local function by_architecture(study)
  local list = {}
  for i, net in ipairs(study.nets) do list[i] = ('"%s" %d'):format(net.name, i) end
  return style .. ("set xtics (%s) nomirror\nset xrange [0.5:%g]\n")
    :format(table.concat(list, ", "), #study.nets + 0.6)
end

function plots.accuracy(study)
  local boxes, medians, points, report, said = {}, {}, {}, {}, {}
  for i, net in ipairs(study.nets) do
    local a = net.accuracies
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
    said[i] = ("%s: median %.3f, from %.3f to %.3f%s"):format(net.name, median, net.least, net.most,
      study.comparable and ("; %.3f in the report"):format(net.report) or "")
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
    name = "accuracy", title = "Test accuracy of every architecture", width = 460, height = 360,
    description = ("Box plots of %d rounds each. %s."):format(study.rounds, table.concat(said, ". ")),
    script = script .. by_architecture(study) .. ([[
set ylabel "test accuracy"
set format y "%%.2f"
set style fill solid 1 border lc rgb "%s"
set boxwidth 0.5
]]):format(blue) .. plot(parts),
  } }
end

-- Between ticks of an axis from 0 to `last`: a round number that makes at most six of them.
local function step_of(last)
  local step, power = 1, 1
  while last / step > 5 do
    if step == power then step = 2 * power
    elseif step == 2 * power then step = 5 * power
    else
      power = 10 * power
      step = power
    end
  end
  return step
end

-- One of the two losses of aux as it counts in the sum: by epoch, on an axis of its own.
local function loss(net, name, factor, weight)
  local epochs = net.epochs
  local script, said, most = "", {}, 0
  local parts = {}
  for _, split in ipairs { { "train", "training", blue, "1" }, { "val", "validation", orange, "(6,4)" } } do
    local rows = {}
    for e = 0, epochs - 1 do
      local values = {}
      for i, round in ipairs(net.rounds) do
        values[i] = weight(e / epochs) * round.epochs[e + 1][("%s_%s_loss"):format(split[1], name)]
      end
      local mean, spread = stats.mean(values), stats.deviation(values)
      rows[e + 1] = { e, mean, mean - spread, mean + spread }
      most = math.max(most, mean + spread)
    end
    script = script .. block(split[1], rows)
    parts[#parts + 1] = ('$%s using 1:3:4 with filledcurves fc rgb "%s" notitle'):format(split[1], split[3])
    parts[#parts + 1] = ('$%s using 1:2 with %s lw 2 dt %s lc rgb "%s" title "%s"')
      :format(split[1], epochs > 10 and "lines" or "linespoints pt 7 ps 0.4", split[4], split[3], split[2])
    said[#said + 1] = ("%s: %.3f in the first epoch, %.3f in the last"):format(split[2], rows[1][2],
      rows[epochs][2])
  end
  return {
    name = "losses-" .. name, width = 440, height = 340,
    title = ("Weighted loss of the %s in aux, by epoch"):format(name == "digit" and "digits" or name),
    description = ("Mean over the rounds. %s."):format(table.concat(said, ". ")),
    script = script .. style .. ([[
set xlabel "epoch e"
set ylabel "%s, in nats"
set xrange [0:%d]
set yrange [0:%s]
set xtics 0,%d
set style fill transparent solid 0.18 noborder
]]):format(factor, math.max(1, epochs - 1), most > 0 and "*" or "1", step_of(epochs - 1)) .. plot(parts),
  }
end

function plots.losses(study)
  local net = study.nets.aux
  if not net then return {} end
  return {
    loss(net, "digit", "digits, β · (CE + CE)", function(progress) return 1 - progress end),
    loss(net, "comparison", "comparison, (1 − β) · CE", function(progress) return progress end),
  }
end

-- Shades of a heat map from white to dark blue, even in lightness: red, green, blue of 0 to 255.
local shades = { { 255, 255, 255 }, { 198, 219, 239 }, { 107, 174, 214 }, { 33, 113, 181 }, { 8, 48, 107 } }

local function shade(part)
  local at = part * (#shades - 1)
  local low = math.min(math.floor(at), #shades - 2)
  local colour = {}
  for c = 1, 3 do
    colour[c] = shades[low + 1][c] + (shades[low + 2][c] - shades[low + 1][c]) * (at - low)
  end
  return colour
end

-- Black or white, as colours of gnuplot: what can be read better on this ground. The contrast of two
-- colours is (L + 0.05) / (l + 0.05) of their relative luminances (WCAG 2); it is the same for both
-- where L is 0.179.
local function ink(colour)
  local luminance = 0
  for c, share in ipairs { 0.2126, 0.7152, 0.0722 } do
    local v = colour[c] / 255
    luminance = luminance + share * (v <= 0.04045 and v / 12.92 or ((v + 0.055) / 1.055) ^ 2.4)
  end
  return luminance > 0.179 and 0x000000 or 0xffffff
end

-- The wrong answers of an architecture by left and right digit; `most` is the end of the scale.
local function heat_map(net, most)
  local cells, none, labels, worst = {}, {}, {}, {}
  for a = 0, 9 do
    for b = 0, 9 do
      local cell = net.cells[a][b]
      if cell.pairs == 0 then
        none[#none + 1] = { b, a }
        labels[#labels + 1] = { b, a, "–", 0x333333 }
      else
        local rate = cell.wrong / cell.pairs
        if rate > 0 then
          cells[#cells + 1] = { b, a, rate }
          worst[#worst + 1] = { left = a, right = b, rate = rate, pairs = cell.pairs }
        end
        labels[#labels + 1] = { b, a, ("%d"):format(cell.pairs // #net.rounds), ink(shade(rate / most)) }
      end
    end
  end
  table.sort(worst, function(x, y)
    if x.rate ~= y.rate then return x.rate > y.rate end
    if x.pairs ~= y.pairs then return x.pairs > y.pairs end
    return x.left * 10 + x.right < y.left * 10 + y.right
  end)
  local said = {}
  for i = 1, math.min(3, #worst) do
    said[i] = ("left %d and right %d, %.0f %% of %d answers"):format(worst[i].left, worst[i].right,
      100 * worst[i].rate, worst[i].pairs)
  end
  local script, parts = block("labels", labels), {}
  if #cells > 0 then
    script = script .. block("cells", cells)
    parts[#parts + 1] = "$cells using 1:2:(0.5):(0.5):3 with boxxyerror fc palette"
  end
  if #none > 0 then
    script = script .. block("none", none)
    parts[#parts + 1] = '$none using 1:2:(0.5):(0.5) with boxxyerror fc rgb "#e3e3e3"'
  end
  parts[#parts + 1] = "$labels using 1:2:3:4 with labels font small tc rgb variable"
  local stops = {}
  for i, colour in ipairs(shades) do
    stops[i] = ('%g "#%02x%02x%02x"'):format((i - 1) / (#shades - 1), table.unpack(colour))
  end
  return {
    name = "pairs-" .. net.name, width = 440, height = 380,
    title = ("Share of wrong answers of %s by left and right digit"):format(net.name),
    description = #worst == 0 and "No answer was wrong." or
      ("Most often wrong: %s."):format(table.concat(said, "; ")),
    script = script .. ([[
set palette defined (%s)
set cbrange [0:%g]
set format cb "%%.1f"
set format xy "%%.0f"
set xrange [-0.5:9.5]
set yrange [9.5:-0.5]
set size ratio 1
set border 15 lc rgb "#bbbbbb"
set tics textcolor rgb "#333333"
set xtics 0,1,9 nomirror scale 0
set ytics 0,1,9 nomirror scale 0
set xlabel "right digit" offset 0,0.5
set ylabel "left digit"
set cblabel "share of wrong answers"
set title "%s"
unset key
set style fill solid 1 border lc rgb "#e8e8e8"
]]):format(table.concat(stops, ", "), most, net.name) .. plot(parts),
  }
end

function plots.pairs(study)
  local most, panels = 0, {}
  for _, net in ipairs(study.nets) do
    for a = 0, 9 do
      for b = 0, 9 do
        local cell = net.cells[a][b]
        if cell.pairs > 0 then most = math.max(most, cell.wrong / cell.pairs) end
      end
    end
  end
  most = math.max(0.1, math.ceil(most * 10) / 10)
  for i, net in ipairs(study.nets) do panels[i] = heat_map(net, most) end
  return panels
end

function plots.distance(study)
  local script, parts, most, said = by_architecture(study), {}, 0, {}
  for c, fill in ipairs { blue, sky, pale } do
    local rows = {}
    for i, net in ipairs(study.nets) do
      local class = net.classes[c]
      if class.rate then
        rows[#rows + 1] = { i + (c - 2) * 0.26, class.rate, class.deviation }
        most = math.max(most, class.rate + class.deviation)
      end
    end
    if #rows > 0 then
      script = script .. block("class" .. c, rows)
      parts[#parts + 1] = ('$class%d using 1:2:(0.24) with boxes fc rgb "%s" lc rgb "#333333" title "%s"')
        :format(c, fill, results.classes[c])
      parts[#parts + 1] = ('$class%d using 1:($2-$3):(0):(2*$3) with vectors heads size graph 0.007,90 nofilled lw 1.5 lc rgb "#333333" notitle'):format(c)
    end
  end
  for i, net in ipairs(study.nets) do
    local rates = {}
    for c, class in ipairs(net.classes) do
      rates[c] = class.rate and ("%s %.3f"):format(results.classes[c], class.rate)
        or ("%s: no pairs"):format(results.classes[c])
    end
    said[i] = ("%s: %s"):format(net.name, table.concat(rates, ", "))
  end
  return { {
    name = "distance", title = "Share of wrong answers by the distance of the digits", width = 460, height = 360,
    description = table.concat(said, ". ") .. ".",
    script = script .. ([[
set ylabel "share of wrong answers"
set yrange [0:%g]
set format y "%%.2f"
set style fill solid 1 border lc rgb "#333333"
]]):format(math.max(0.05, most * 1.08)) .. plot(parts),
  } }
end

return plots
