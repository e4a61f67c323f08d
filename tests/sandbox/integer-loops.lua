-- error: the file runs too long
for i = math.maxinteger - 1, math.maxinteger do end
for i = 1, 0 / 0 do end
for i = 1, -1 / 0, 1 do end
for i = math.mininteger, math.maxinteger do end
