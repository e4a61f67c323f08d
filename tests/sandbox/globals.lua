-- error: there is no variable `_ENV2`
-- The table of globals cannot be reached, and what is not in it cannot be brought back.
local reach = { _G, package, debug, getmetatable(_ENV), _ENV._G, _ENV2 }
for i = 1, 6 do
  local x = reach[i]
  x.os.execute("touch made-by-globals")
end
