-- error: bad argument #1 to 'upper'
local nn = require "nn"
local x = nn.input("x", { 3 })
for _, f in ipairs { string.rep, string.byte, string.format, string.gsub, table.concat, table.insert,
                     table.remove, table.sort, table.unpack, table.move, math.abs, math.max, tonumber,
                     select, ipairs, pairs } do
  pcall(f, x, 1, 1, x)
  pcall(f, nn.relu, 1, 1, x)
  pcall(f, "x", x, x, x)
end
string.upper(x)
