-- The report of a study, once as a tree of paragraphs, figures and tables, written as Markdown and
-- as one file of HTML.
local files, figures, results = require "files", require "figures", require "results"

local function plain(x) return ("%.3f"):format(x):gsub("^0", ""):gsub("^%-0", "-") end
local function signed(x) return ("%+.1f"):format(100 * x) end

-- { kind, ... }: heading, text, figure (name, caption), table (caption, header, rows).
local function contents(study, scale)
  local s, doc = study.settings, {}
  local function add(...) doc[#doc + 1] = { ... } end
  local synthetic = s.data == "synthetic"
  add("title", "Comparing two digits: what the architecture decides")
  if synthetic then
    add("warning", "These are drawn digits, not MNIST: the numbers say that the study runs, and " ..
      "nothing about the report.")
  end
  add("text", ("Given two images of digits of 14x14 pixels: is the first digit less than or equal " ..
    "to the second? %d architectures, %d rounds each from different initial weights on the same " ..
    "data: %s, %s training pairs, %s test pairs%s, seeds %d to %d.")
    :format(#study.nets, study.rounds, synthetic and "drawn digits" or "MNIST", s.pairs,
      s.test_pairs, s.epochs == "own" and "" or (", %s epochs"):format(s.epochs), s.seed,
      s.seed + study.rounds - 1))
  add("heading", "Accuracy")
  local rows = {}
  for i, net in ipairs(study.nets) do
    rows[i] = { net.name, ("%d"):format(net.parameters), plain(net.mean), plain(net.deviation),
      plain(net.least), plain(net.most), ("%.1f"):format(net.seconds), plain(net.report),
      net.verdict, plain(net.witness), net.witness_verdict }
  end
  add("table", "Accuracy on the test pairs over the rounds.",
    { "architecture", "parameters", "mean", "deviation", "min", "max", "seconds", "report",
      "against the report", "witness", "against the witness" }, rows)
  add("text", "A mean is above or below a reference p when it is more than two standard errors " ..
    "away, else within noise. The standard error is that of the draw of the n test pairs and that " ..
    "of the rounds together: the root of p (1 - p) / n + deviation² / rounds. The witness is an " ..
    "independent implementation that was tested on 4,000 other pairs; compare with it on as many " ..
    "(--test-pairs 4000). Seconds are those of one training on one thread.")
  add("figure", "accuracy", ("Box: quartiles, line: median; whiskers reach the last round within " ..
    "1.5 box lengths; dots: the %d rounds; diamond: the mean in the report."):format(study.rounds))
  if #study.nets > 1 then
    local header, body = { "" }, {}
    for _, net in ipairs(study.nets) do header[#header + 1] = net.name end
    for i, net in ipairs(study.nets) do
      body[i] = { net.name }
      for j, other in ipairs(study.nets) do
        local d = i ~= j and results.compare(net, other)
        body[i][j + 1] = d and ("%s ± %.1f (%d:%d)"):format(signed(d.mean), 100 * d.error, d.won,
          d.lost) or "–"
      end
    end
    add("table", "Difference of accuracy, row minus column, in percentage points over rounds of " ..
      "equal seeds ± its standard error (rounds won : lost).", header, body)
  end
  if study.figures.losses then
    add("heading", "The auxiliary loss")
    add("figure", "losses", ("Mean over the rounds, the band is one standard deviation. Both losses " ..
      "as they count in the sum: the digits' by β = (E − e) / E, the comparison's by 1 − β; the " ..
      "comparison's is drawn %g times as large for clarity."):format(scale))
  end
  if study.figures.pairs then
    add("heading", "Which pairs go wrong")
    add("figure", "pairs", "Rate of wrong answers by left and right digit over all rounds. The " ..
      "number in a cell counts its test pairs; cells without any are grey.")
  end
  add("figure", "distance", "Rate of wrong answers for pairs of equal digits, of neighbours " ..
    "(difference 1), and of digits farther apart; the bar is one standard deviation over the rounds.")
  local classes = {}
  for i, net in ipairs(study.nets) do
    classes[i] = { net.name }
    for c, class in ipairs(net.classes) do
      classes[i][c + 1] = class.rate and ("%s (%d / %d)"):format(plain(class.rate), class.wrong,
        class.pairs) or "no pairs"
    end
  end
  add("table", "Error rate by the distance of the digits (wrong / occurrences).",
    { "architecture", table.unpack(results.classes) }, classes)
  if study.figures.gallery then
    add("heading", "The worst mistakes")
    add("figure", "gallery", "The test pairs that were decided wrongly most often, over all " ..
      "architectures and rounds, with the true relation.")
  end
  return doc
end

local function markdown(study, doc)
  local out = {}
  local function add(text) out[#out + 1] = text end
  for _, part in ipairs(doc) do
    local kind, a, b, c = table.unpack(part)
    if kind == "title" then add("# " .. a)
    elseif kind == "heading" then add("## " .. a)
    elseif kind == "text" then add(a)
    elseif kind == "warning" then add("**" .. a .. "**")
    elseif kind == "figure" then
      if study.figures[a] then add(("![%s](figures/%s.svg)\n\n*%s*"):format(figures.titles[a] or "Gallery", a, b)) end
    elseif kind == "table" then
      local lines = { "| " .. table.concat(b, " | ") .. " |", "|" .. ("---|"):rep(#b) }
      for _, row in ipairs(c) do lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |" end
      add(table.concat(lines, "\n") .. "\n\n*" .. a .. "*")
    end
  end
  return table.concat(out, "\n\n") .. "\n"
end

local page = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
body { font: 16px/1.55 Helvetica, Arial, sans-serif; color: #222; background: #fff; margin: 0 auto;
  padding: 1.5rem; max-width: 60rem; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
p { max-width: 44rem; }
.warning { border-left: 4px solid #D55E00; padding: .4rem .8rem; background: #fdf1e8; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%%; height: auto; }
figcaption { color: #555; font-size: .9rem; max-width: 44rem; }
.wide { overflow-x: auto; }
@media screen and (max-width: 40rem) { .wide svg { max-width: none; width: 40rem; } }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th { border-bottom: 2px solid #888; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; font-weight: bold; }
.below { color: #a33c00; font-weight: bold; } .above { color: #00694f; }
@media print { body { max-width: none; font-size: 10pt; } figure, table { break-inside: avoid; }
  h2 { break-after: avoid; } }
</style>
</head>
<body>
%s
</body>
</html>
]]

local function escape(text)
  return (tostring(text):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Gnuplot's names (gradients, clip paths) would clash between figures in one page.
local function inlined(path, name)
  local svg = files.read(path):gsub("^.-<svg", "<svg", 1)
  svg = svg:gsub("<title>.-</title>", ""):gsub("<desc>.-</desc>", "")
  svg = svg:gsub("id='([^']*)'", "id='" .. name .. "-%1'"):gsub('id="([^"]*)"', 'id="' .. name .. '-%1"')
  svg = svg:gsub("href='#", "href='#" .. name .. "-"):gsub("url%(#", "url(#" .. name .. "-")
  return svg
end

local function html(study, doc)
  local out, title = {}, nil
  local function add(format, ...) out[#out + 1] = format:format(...) end
  for _, part in ipairs(doc) do
    local kind, a, b, c = table.unpack(part)
    if kind == "title" then
      title = a
      add("<h1>%s</h1>", escape(a))
    elseif kind == "heading" then add("<h2>%s</h2>", escape(a))
    elseif kind == "text" then add("<p>%s</p>", escape(a))
    elseif kind == "warning" then add('<p class="warning">%s</p>', escape(a))
    elseif kind == "figure" then
      if study.figures[a] then
        add("<figure><div class=\"wide\">\n%s\n</div><figcaption>%s</figcaption>\n</figure>", inlined(study.figures[a], a), escape(b))
      end
    elseif kind == "table" then
      local lines = { "<tr>" }
      for _, name in ipairs(b) do lines[#lines + 1] = "<th>" .. escape(name) .. "</th>" end
      lines[#lines + 1] = "</tr>"
      for _, row in ipairs(c) do
        lines[#lines + 1] = "<tr>"
        for _, cell in ipairs(row) do
          local class = (cell == "below" or cell == "above") and (' class="%s"'):format(cell) or ""
          lines[#lines + 1] = ("<td%s>%s</td>"):format(class, escape(cell))
        end
        lines[#lines + 1] = "</tr>"
      end
      add('<figure><div class="wide"><table>%s</table></div>\n<figcaption>%s</figcaption></figure>',
        table.concat(lines), escape(a))
    end
  end
  return page:format(escape(title), table.concat(out, "\n"):gsub("%%", "%%"))
end

return function(study, out, scale)
  local doc = contents(study, scale)
  files.write(out .. "/report.md", markdown(study, doc))
  files.write(out .. "/report.html", html(study, doc))
end
