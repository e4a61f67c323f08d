-- error: functions call each other too deeply
local function deeper(c) return (c:gsub(".", deeper)) end
deeper("x")
