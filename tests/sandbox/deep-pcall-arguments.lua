-- error: C stack overflow
local list = {}
for i = 1, 5000 do list[i] = pcall end
local function last(ok, ...) if select("#", ...) == 0 then return ok end return last(...) end
local result = table.pack(pcall(table.unpack(list)))
error("C stack overflow: " .. tostring(result[result.n]))
