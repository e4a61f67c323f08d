-- error: the file runs too long
local s = (""):rep(math.maxinteger)
