-- error: too much memory
local function f(s, ...) return f(s .. s, s, ...) end
f("xxxxxxxx")
