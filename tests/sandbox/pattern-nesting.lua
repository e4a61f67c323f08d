-- error: pattern too complex
("x"):rep(300000):match(("(x-)"):rep(30) .. ("x?"):rep(1000) .. "y")
