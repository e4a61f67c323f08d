-- error: invalid value (nil) at index 1
pcall(table.concat, {}, "x", math.mininteger, math.maxinteger)
pcall(table.concat, { {} }, "x")
table.concat({}, "", 1, math.maxinteger)
