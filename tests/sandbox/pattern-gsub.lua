-- error: the file runs too long
local s = ("a"):rep(50000)
s:gsub((".-"):rep(8) .. "b", "%0%0%0%0")
