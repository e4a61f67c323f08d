-- The page as one file of HTML that needs no other: of the parts that contents.lua makes.
local files, svg = require "files", require "svg"

local escape = svg.escape

local function prose(text) return (escape(text):gsub("`([^`]*)`", "<code>%1</code>")) end

-- A table wider than the screen scrolls by itself: the names of its rows stay, and a shadow at the
-- edge says that there is more.
local frame = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>%s</title>
<style>
body { font: 1rem/1.55 Helvetica, Arial, sans-serif; color: #222; background: #fff; margin: 0 auto;
  padding: 1.5rem; max-width: 60rem; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
p, dl { max-width: 44rem; }
.note { border-left: 4px solid #D55E00; padding: .4rem .8rem; background: #fdf1e8; }
figure { margin: 1.5rem 0; }
figure svg { display: block; width: 100%%; height: auto; max-width: 34rem; }
.panels { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%%, 24rem), 1fr)); }
figcaption, caption { color: #555; font-size: .9rem; text-align: left; }
figcaption { max-width: 44rem; margin-top: .5rem; }
caption span { display: inline-block; position: sticky; left: 0; padding-bottom: .4rem;
  max-width: min(44rem, calc(100vw - 2rem)); }
.wide { overflow-x: auto; margin: 1.5rem 0; max-width: max-content;
  background: linear-gradient(to left, #fff 40%%, transparent) right / 2rem 100%% no-repeat local,
    linear-gradient(to left, #999, transparent) right / .6rem 100%% no-repeat scroll; }
table { border-collapse: separate; border-spacing: 0; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
thead th { border-bottom: 2px solid #888; white-space: normal; vertical-align: bottom; }
th:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
.words { text-align: left; white-space: normal; min-width: 5rem; }
.below { color: #a33c00; } .above { color: #00694f; }
dt { font-weight: bold; } dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
code { white-space: nowrap; } dd code { display: block; overflow-x: auto; }
@media (max-width: 40rem) { th, td { padding: .3rem .4rem; } body { padding: 1rem; } }
@page { margin: 15mm; }
@media print {
  html { font-size: 10pt; } body { max-width: none; padding: 0; }
  .panels { grid-template-columns: repeat(auto-fit, minmax(min(100%%, 18rem), 1fr)); }
  .wide { overflow: visible; } dd code { white-space: pre-wrap; } th:first-child, caption span { position: static; }
  figure svg, table, dl { break-inside: avoid; } h2 { break-after: avoid; }
  svg, .note { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>
</head>
<body>
<main>
%s
</main>
</body>
</html>
]]

local write = {}

function write.title(part) return ("<h1>%s</h1>"):format(escape(part.text)) end
function write.heading(part) return ("<h2>%s</h2>"):format(escape(part.text)) end
function write.text(part) return ("<p>%s</p>"):format(prose(part.text)) end
function write.note(part) return ('<p class="note" role="note">%s</p>'):format(prose(part.text)) end

function write.figure(part, out)
  local drawings = {}
  for i, panel in ipairs(part.panels) do
    drawings[i] = files.read(out .. "/figures/" .. panel.file):gsub("^.-<svg", "<svg", 1)
  end
  return ('<figure><div class="%s">\n%s</div>\n<figcaption>%s</figcaption></figure>')
    :format(#drawings > 1 and "panels" or "panel", table.concat(drawings), escape(part.caption))
end

-- The first cell of a row is its name. The table is a region so that the keyboard can scroll it.
function write.table(part)
  local lines = {}
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  local function style(i, cell)
    local class = part.words[i] and i > 1 and "words" or (cell == "below" or cell == "above") and cell
    return class and (' class="%s"'):format(class) or ""
  end
  add('<div class="wide" role="region" tabindex="0" aria-label="%s"><table>', escape(part.caption))
  add("<caption><span>%s</span></caption>\n<thead><tr>", escape(part.caption))
  for i, name in ipairs(part.header) do add('<th scope="col"%s>%s</th>', style(i), escape(name)) end
  add "</tr></thead>\n<tbody>"
  for _, row in ipairs(part.rows) do
    add('<tr><th scope="row">%s</th>', escape(row[1]))
    for i = 2, #row do add("<td%s>%s</td>", style(i, row[i]), escape(row[i])) end
    add "</tr>\n"
  end
  add "</tbody></table></div>"
  return table.concat(lines)
end

function write.facts(part)
  local lines = { "<dl>" }
  for _, fact in ipairs(part.facts) do
    local said = fact.code and ("<code>%s</code>"):format(escape(fact[2])) or escape(fact[2])
    lines[#lines + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(escape(fact[1]), said)
  end
  lines[#lines + 1] = "</dl>"
  return table.concat(lines, "\n")
end

return function(page, out)
  local lines, title = {}, ""
  for i, part in ipairs(page) do
    if part.kind == "title" then title = part.text end
    lines[i] = write[part.kind](part, out)
  end
  return frame:format(escape(title), table.concat(lines, "\n"))
end
