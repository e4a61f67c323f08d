print("\27[31mred", {}, print, nil, 0 / 0 ~= 0 / 0)
error("after it")
