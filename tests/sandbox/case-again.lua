-- error: the file runs too long
local s = ("x"):rep(1 << 24)
while true do s = s:upper():lower():reverse() end
