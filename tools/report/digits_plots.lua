-- Plots of the study of digits alone: plots.lua says what they return.
local digits, gnuplot = require "digits", require "gnuplot"
local block, plot, by_architecture = gnuplot.block, gnuplot.plot, gnuplot.by_architecture
local blue, sky, pale = gnuplot.blue, gnuplot.sky, gnuplot.pale

local plots = {}

-- One of the two losses of aux as it counts in the sum: by epoch, on an axis of its own.
local function loss(net, name, factor, weight)
  return gnuplot.curves({
    name = "losses-" .. name, width = 440, height = 340, xlabel = "epoch e", ylabel = factor .. ", in nats",
    title = ("Weighted loss of the %s in aux, by epoch"):format(name == "digit" and "digits" or name),
  }, net, net.epochs, function(round, split, e)
    return weight(e / net.epochs) * round.epochs[e + 1][("%s_%s_loss"):format(split, name)]
  end)
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
        :format(c, fill, digits.classes[c])
      parts[#parts + 1] = ('$class%d using 1:($2-$3):(0):(2*$3) with vectors heads size graph 0.007,90 nofilled lw 1.5 lc rgb "#333333" notitle'):format(c)
    end
  end
  for i, net in ipairs(study.nets) do
    local rates = {}
    for c, class in ipairs(net.classes) do
      rates[c] = class.rate and ("%s %.3f"):format(digits.classes[c], class.rate)
        or ("%s: no pairs"):format(digits.classes[c])
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
