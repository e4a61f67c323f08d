-- error: nn cannot be changed
local nn = require "nn"
pcall(table.insert, nn, "x")
pcall(table.sort, nn)
pcall(table.remove, nn)
table.move({ 1, 2, 3 }, 1, 3, 1, nn)
