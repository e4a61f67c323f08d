local files = {}

-- Writes beside the file and renames: what is there is the old or the new one.
function files.write(path, text)
  local temporary = path .. ".new"
  local file, why = io.open(temporary, "w")
  local ok = file ~= nil
  if file then
    ok, why = file:write(text)
    local closed, trouble = file:close()
    if ok and not closed then ok, why = nil, trouble end
  end
  if ok then ok, why = os.rename(temporary, path) end
  if not ok then
    os.remove(temporary)
    error(("%s: cannot be written: %s"):format(path, why), 0)
  end
end

function files.read(path)
  local file = io.open(path)
  if not file then error(path .. ": cannot be read", 0) end
  local text = file:read "a"
  file:close()
  return text
end

return files
