-- What a terminal would obey, and far too much of it.
error("\27[31mred\7\r\n" .. ("line\n"):rep(100000))
