-- error: the file runs too long
while true do pcall(string.rep, "x", 1 << 27) end
