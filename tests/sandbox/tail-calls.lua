-- error: the file runs too long
local function f(...) return f(...) end
f(1, 2, 3)
