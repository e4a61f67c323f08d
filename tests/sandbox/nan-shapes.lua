-- error: wants a shape of up to 4 whole sizes
local nn = require "nn"
local nan, inf = 0 / 0, 1 / 0
for i, s in ipairs { nan, inf, -inf, -1, 0, 0.5, 2 ^ 53, 1e308, math.mininteger, "3", {} } do
  nn.input("a", { s })
  nn.target("b", { 3, s, 3 })
  nn.label("c", s)
end
