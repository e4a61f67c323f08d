-- Figures, drawn by gnuplot as SVG and PNG. Colours are of Okabe and Ito's palette, which the
-- colour-blind can tell apart; lightness and shape tell the same again, for print in grey.
local files, results, stats = require "files", require "results", require "stats"

local figures = {}

figures.titles = {
  accuracy = "Test accuracy of every architecture",
  losses = "Losses of the auxiliary-loss network",
  pairs = "Misclassification rate by pair of digits",
  distance = "Error rate by the distance of the digits",
}
figures.order = { "accuracy", "losses", "pairs", "distance" }

local blue, orange, green, grey = "#0072B2", "#D55E00", "#009E73", "#666666"

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

local function ticks(study)
  local list = {}
  for i, net in ipairs(study.nets) do list[i] = ('"%s" %d'):format(net.name, i) end
  return ("set xtics (%s) nomirror\nset xrange [0.4:%g]\n"):format(table.concat(list, ", "), #study.nets + 0.6)
end

local style = [[
set border 3 lc rgb "#333333"
set grid ytics lc rgb "#dddddd" lw 1 dt 1
set tics textcolor rgb "#333333" nomirror
]]

local function accuracy(study)
  local boxes, medians, points, report, witness = {}, {}, {}, {}, {}
  for i, net in ipairs(study.nets) do
    local a = net.accuracies
    local q1, q3 = stats.quantile(a, 0.25), stats.quantile(a, 0.75)
    -- Whiskers reach the last value within 1.5 box lengths (Tukey).
    local low, high = q1, q3
    for _, v in ipairs(a) do
      if v >= q1 - 1.5 * (q3 - q1) then low = math.min(low, v) end
      if v <= q3 + 1.5 * (q3 - q1) then high = math.max(high, v) end
    end
    boxes[i] = { i, q1, low, high, q3 }
    medians[i] = { i - 0.25, stats.quantile(a, 0.5), 0.5 }
    for r, v in ipairs(a) do
      -- Fixed places side by side in place of a random jitter.
      points[#points + 1] = { i + (r * 7 % 11 - 5) * 0.035, v }
    end
    report[i], witness[i] = { i, net.report }, { i, net.witness }
  end
  return block("boxes", boxes) .. block("medians", medians) .. block("points", points) ..
    block("report", report) .. style .. ticks(study) .. ([[
set ylabel "test accuracy"
set format y "%%.2f"
set key bottom right Left reverse samplen 1.5
set style fill solid 1 border lc rgb "%s"
set boxwidth 0.5
plot $boxes using 1:2:3:4:5 with candlesticks whiskerbars 0.4 fc rgb "#d6e6f2" lc rgb "%s" lw 1.2 notitle, \
     $medians using 1:2:3:(0) with vectors nohead lc rgb "%s" lw 2.5 title "median", \
     $points using 1:2 with points pt 7 ps 0.45 lc rgb "#333333" title "one round", \
     $report using 1:2 with points pt 13 ps 1.5 lc rgb "%s" title "mean in the report"
]]):format(blue, blue, blue, orange), 800, 460
end

local function losses(study)
  local net = study.nets.aux
  if not net then return nil end
  local epochs = #net.rounds[1].epochs
  local series = {}
  local peak = { digit = 0, comparison = 0 }
  for _, split in ipairs { "train", "val" } do
    for _, loss in ipairs { "digit", "comparison" } do
      local rows = {}
      for e = 1, epochs do
        local beta, values = (epochs - (e - 1)) / epochs, {}
        local weight = loss == "digit" and beta or 1 - beta
        for i, round in ipairs(net.rounds) do
          values[i] = weight * round.epochs[e][("%s_%s_loss"):format(split, loss)]
        end
        local mean, spread = stats.mean(values), stats.deviation(values)
        rows[e] = { e - 1, mean, mean - spread, mean + spread }
        peak[loss] = math.max(peak[loss], mean)
      end
      series[split .. loss] = rows
    end
  end
  -- A round number that brings the highest comparison loss to about half the digits' first one.
  local scale = peak.comparison > 0 and peak.digit / peak.comparison / 2 or 1
  local power = 10 ^ math.floor(math.log(scale, 10))
  scale = math.max(1, math.floor(scale / power + 0.5) * power)
  for _, split in ipairs { "train", "val" } do
    for _, row in ipairs(series[split .. "comparison"]) do
      for c = 2, 4 do row[c] = row[c] * scale end
    end
  end
  local text = style .. [[
set xlabel "epoch"
set ylabel "weighted loss"
set yrange [0:*]
set key top right Left reverse
set style fill transparent solid 0.18 noborder
]]
  local plots = {}
  for _, name in ipairs { "traindigit", "valdigit", "traincomparison", "valcomparison" } do
    text = text .. block(name, series[name])
    local digit, train = name:find "digit", name:find "train"
    local title = (digit and "digits, β · (CE + CE)" or ("comparison, (1 − β) · CE × %g"):format(scale)) ..
      (train and ", training" or ", validation")
    local colour = digit and blue or orange
    plots[#plots + 1] = ('$%s using 1:3:4 with filledcurves fc rgb "%s" notitle'):format(name, colour)
    plots[#plots + 1] = ('$%s using 1:2 with lines lw 2 dt %s lc rgb "%s" title "%s"')
      :format(name, train and "1" or "(6,4)", colour, title)
  end
  return text .. "plot " .. table.concat(plots, ", \\\n     ") .. "\n", 800, 460, scale
end

local function heat_maps(study)
  local nets, most = {}, 0
  for _, name in ipairs { "sharing", "aux", "transfer", "digit" } do
    if study.nets[name] then nets[#nets + 1] = study.nets[name] end
  end
  if #nets == 0 then return nil end
  for _, net in ipairs(nets) do
    for a = 0, 9 do
      for b = 0, 9 do
        local cell = net.cells[a][b]
        if cell.pairs > 0 then most = math.max(most, cell.wrong / cell.pairs) end
      end
    end
  end
  most = math.max(0.1, math.ceil(most * 10) / 10)
  local columns = math.min(2, #nets)
  local lines = math.ceil(#nets / columns)
  local text = ([[
set palette defined (0 "#ffffff", 0.25 "#c6dbef", 0.5 "#6baed6", 0.75 "#2171b5", 1 "#08306b")
set cbrange [0:%g]
set format cb "%%.1f"
set xrange [-0.5:9.5]
set yrange [9.5:-0.5]
set size ratio 1
set xtics 0,1,9 nomirror scale 0
set ytics 0,1,9 nomirror scale 0
set border 15 lc rgb "#bbbbbb"
set xlabel "right digit" offset 0,0.5
set ylabel "left digit" offset 1,0
unset key
set style fill solid 1 border lc rgb "#e8e8e8"
set cblabel "wrong / occurrences"
set multiplot layout %d,%d
]]):format(most, lines, columns)
  for n, net in ipairs(nets) do
    local cells, dark, light, none = {}, {}, {}, {}
    for a = 0, 9 do
      for b = 0, 9 do
        local cell = net.cells[a][b]
        if cell.pairs == 0 then
          none[#none + 1] = { b, a, "–" }
        else
          local rate = cell.wrong / cell.pairs
          if rate > 0 then cells[#cells + 1] = { b, a, rate } end
          local list = rate > most * 0.55 and light or dark
          list[#list + 1] = { b, a, ("%d"):format(cell.pairs // study.rounds) }
        end
      end
    end
    local plots = {}
    if #cells > 0 then
      plots[1] = ("$cells%d using 1:2:(0.5):(0.5):3 with boxxyerror fc palette"):format(n)
    end
    for _, kind in ipairs { { "cells", cells }, { "dark", dark }, { "light", light }, { "none", none } } do
      if #kind[2] > 0 then text = text .. block(kind[1] .. n, kind[2]) end
    end
    if #none > 0 then
      plots[#plots + 1] = ('$none%d using 1:2:(0.5):(0.5) with boxxyerror fc rgb "#e3e3e3"'):format(n)
      plots[#plots + 1] = ('$none%d using 1:2:3 with labels font small tc rgb "#777777"'):format(n)
    end
    if #dark > 0 then
      plots[#plots + 1] = ('$dark%d using 1:2:3 with labels font small tc rgb "#333333"'):format(n)
    end
    if #light > 0 then
      plots[#plots + 1] = ('$light%d using 1:2:3 with labels font small tc rgb "#ffffff"'):format(n)
    end
    text = text .. ('set title "%s"\n'):format(net.name) .. "plot " ..
      table.concat(plots, ", \\\n     ") .. "\n"
  end
  return text .. "unset multiplot\n", 440 * columns + 40, 400 * lines
end

local function distance(study)
  local text, plots = style .. ticks(study), {}
  local fills = { blue, "#56B4E9", "#d6e6f2" }
  local most = 0
  for c = 1, 3 do
    local rows = {}
    for i, net in ipairs(study.nets) do
      local class = net.classes[c]
      if class.rate then
        rows[#rows + 1] = { i + (c - 2) * 0.26, class.rate, class.deviation }
        most = math.max(most, class.rate + class.deviation)
      end
    end
    if #rows > 0 then
      text = text .. block("class" .. c, rows)
      plots[#plots + 1] = ('$class%d using 1:2:(0.24) with boxes fc rgb "%s" lc rgb "#333333" title "%s"')
        :format(c, fills[c], results.classes[c])
      plots[#plots + 1] = ('$class%d using 1:($2-$3):(0):(2*$3) with vectors heads size graph 0.007,90 nofilled lw 1.5 lc rgb "#333333" notitle'):format(c)
    end
  end
  text = text .. ([[
set ylabel "error rate"
set yrange [0:%g]
set format y "%%.2f"
set key top right Left reverse
set style fill solid 1 border
plot ]]):format(math.max(0.05, most * 1.08))
  return text .. table.concat(plots, ", \\\n     ") .. "\n", 800, 460
end

-- Draws all that the study has data for; returns the scale of the comparison loss in figure 2.
function figures.draw(study, out)
  local makers = { accuracy = accuracy, losses = losses, pairs = heat_maps, distance = distance }
  local scale
  study.figures = {}
  for _, name in ipairs(figures.order) do
    local script, width, height, extra = makers[name](study)
    if script then
      scale = extra or scale
      local at = out .. "/figures/" .. name
      local head = ([[
set encoding utf8
set terminal svg size %d,%d font "Helvetica,13" background "#ffffff"
small = ",9"
set output "%s.svg.new"
]]):format(width, height, at)
      local again = ([[
set terminal pngcairo size %d,%d font "Helvetica,26" linewidth 2 pointscale 2
small = ",18"
set output "%s.png.new"
]]):format(2 * width, 2 * height, at)
      local path = at .. ".gnuplot"
      -- Data blocks are shared by both terminals.
      files.write(path, head .. script .. "\nreset\n" .. "set encoding utf8\n" .. again .. script .. "\n")
      local ok = os.execute(("cd / && LC_ALL=C.UTF-8 gnuplot '%s'"):format(path:gsub("'", "'\\''")))
      if not ok then error(path .. ": gnuplot failed", 0) end
      for _, kind in ipairs { ".svg", ".png" } do
        if not os.rename(at .. kind .. ".new", at .. kind) then
          error(at .. kind .. ": cannot be written", 0)
        end
      end
      study.figures[name] = at .. ".svg"
    end
  end
  return scale
end

return figures
