-- The page as Markdown: of the parts that contents.lua makes.
local write = {}

function write.title(part) return "# " .. part.text end
function write.heading(part) return "## " .. part.text end
function write.text(part) return part.text end
function write.note(part) return "**" .. part.text .. "**" end

function write.figure(part)
  local images = {}
  for i, panel in ipairs(part.panels) do
    images[i] = ("![%s](figures/%s)"):format(panel.title, panel.file)
  end
  return table.concat(images, "\n") .. "\n\n*" .. part.caption .. "*"
end

function write.table(part)
  local rule = {}
  for i = 1, #part.header do rule[i] = part.words[i] and "---|" or "--:|" end
  local lines = { "| " .. table.concat(part.header, " | ") .. " |", "|" .. table.concat(rule) }
  for _, row in ipairs(part.rows) do lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |" end
  return "*" .. part.caption .. "*\n\n" .. table.concat(lines, "\n")
end

function write.facts(part)
  local lines = {}
  for i, fact in ipairs(part.facts) do
    lines[i] = ("- **%s**: %s"):format(fact[1], fact.code and "`` " .. fact[2] .. " ``" or fact[2])
  end
  return table.concat(lines, "\n")
end

return function(page)
  local out = {}
  for i, part in ipairs(page) do out[i] = write[part.kind](part) end
  return table.concat(out, "\n\n") .. "\n"
end
