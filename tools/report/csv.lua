-- Files of comma-separated values without quotes: a header, then rows of as many fields.
local csv = {}

-- Rows by column name, numbers as numbers but in columns that are `text`: { NAME = true }. `wanted`
-- columns must be there.
function csv.read(path, wanted, text)
  local file = io.open(path)
  if not file then error(path .. ": cannot be read", 0) end
  local names, rows = {}, {}
  for name in (file:read "l" or ""):gmatch "[^,]+" do names[#names + 1] = name end
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for _, name in ipairs(wanted) do
    if not known[name] then error(path .. ": has no column " .. name, 0) end
  end
  for line in file:lines() do
    local row, n = {}, 0
    for field in (line .. ","):gmatch "([^,]*)," do
      n = n + 1
      local name = names[n]
      if name then row[name] = not (text and text[name]) and tonumber(field) or field end
    end
    if n ~= #names then error(("%s:%d: %d fields in place of %d"):format(path, #rows + 2, n, #names), 0) end
    rows[#rows + 1] = row
  end
  file:close()
  if #rows == 0 then error(path .. ": has no rows", 0) end
  return rows
end

function csv.write(path, names, rows)
  local lines = { table.concat(names, ",") }
  for _, row in ipairs(rows) do
    local fields = {}
    for i, name in ipairs(names) do
      local value = row[name]
      fields[i] = value == nil and "" or math.type(value) == "float" and ("%.6g"):format(value) or tostring(value)
    end
    lines[#lines + 1] = table.concat(fields, ",")
  end
  return require "files".write(path, table.concat(lines, "\n") .. "\n")
end

return csv
