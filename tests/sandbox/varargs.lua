-- error: functions call each other too deeply
local function f(...) return f(..., ...), f(...) end
f(1, 2, 3)
