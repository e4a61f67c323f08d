-- What the scripts of plots are made of. Colours are of Okabe and Ito's palette, which the
-- colour-blind can tell apart; lightness and shape tell the same again, for print in grey. Keys stand
-- above the plot, where no data are.
local stats = require "stats"

local gnuplot = { blue = "#0072B2", sky = "#56B4E9", pale = "#d6e6f2", orange = "#D55E00" }

local function number(x) return ("%.6g"):format(x) end

-- A named block of data in gnuplot's script.
function gnuplot.block(name, rows)
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

function gnuplot.plot(parts) return "plot " .. table.concat(parts, ", \\\n     ") .. "\n" end

gnuplot.style = [[
set border 3 lc rgb "#333333"
set grid ytics lc rgb "#dddddd" lw 1 dt 1
set tics textcolor rgb "#333333" nomirror
set key tmargin center horizontal Left reverse samplen 1 width -3
]]

-- A name as text of gnuplot, which reads some characters as marks.
function gnuplot.text(name) return (name:gsub("[_^@&~{}]", "\\\\%0")) end

-- The x axis has a place for each architecture; its names are slanted where they are long.
function gnuplot.by_architecture(study)
  local list, letters = {}, 0
  for i, net in ipairs(study.nets) do
    list[i], letters = ('"%s" %d'):format(gnuplot.text(net.name), i), letters + #net.name
  end
  return gnuplot.style .. ("set xtics %s(%s) nomirror\nset xrange [0.5:%g]\n")
    :format(letters > 50 and "rotate by -25 " or "", table.concat(list, ", "), #study.nets + 0.6)
end

-- Between ticks of an axis from 0 to `last`: a round number that makes at most six of them.
function gnuplot.step_of(last)
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

-- The course of a value in training and validation: panel has what a panel has but a script, and
-- xlabel, ylabel, low and high, the ends of the y axis in words of gnuplot. value(round, split, i) is
-- that of evaluation i from 0 of `count`, nil where there is none.
function gnuplot.curves(panel, net, count, value)
  local script, said, most = "", {}, 0
  local parts = {}
  for _, split in ipairs { { "train", "training", gnuplot.blue, "1" }, { "val", "validation", gnuplot.orange, "(6,4)" } } do
    local rows = {}
    for e = 0, count - 1 do
      local values = {}
      for _, round in ipairs(net.rounds) do values[#values + 1] = value(round, split[1], e) end
      if #values > 0 then
        local mean, spread = stats.mean(values), stats.deviation(values)
        rows[#rows + 1] = { e, mean, mean - spread, mean + spread }
        most = math.max(most, mean + spread)
      end
    end
    if #rows > 0 then
      script = script .. gnuplot.block(split[1], rows)
      parts[#parts + 1] = ('$%s using 1:3:4 with filledcurves fc rgb "%s" notitle'):format(split[1], split[3])
      parts[#parts + 1] = ('$%s using 1:2 with %s lw 2 dt %s lc rgb "%s" title "%s"')
        :format(split[1], count > 10 and "lines" or "linespoints pt 7 ps 0.4", split[4], split[3], split[2])
      said[#said + 1] = ("%s: %.3f in the first epoch, %.3f in the last"):format(split[2], rows[1][2],
        rows[#rows][2])
    end
  end
  panel.description = ("Mean over the rounds. %s."):format(table.concat(said, ". "))
  panel.script = script .. gnuplot.style .. ([[
set xlabel "%s"
set ylabel "%s"
set xrange [0:%d]
set yrange [%s:%s]
set xtics 0,%d
set style fill transparent solid 0.18 noborder
]]):format(panel.xlabel, panel.ylabel, math.max(1, count - 1), panel.low or "0", panel.high or most > 0 and "*" or "1",
    gnuplot.step_of(count - 1)) .. gnuplot.plot(parts)
  return panel
end

return gnuplot
