-- error: last words
pcall(error, "x", math.maxinteger)
pcall(error, "x", math.mininteger)
pcall(error, ("x"):rep(1e7), 2)
pcall(error)
pcall(assert)
pcall(assert, nil, {})
pcall(assert, false)
error("\27]0;last words\7\xc2\x9b31m\xe2\x80\xae" .. ("y"):rep(1e7), -1)
