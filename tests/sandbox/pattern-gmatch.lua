-- error: the file runs too long
while true do
  for a in ("x"):rep(1 << 16):gmatch("()") do end
end
