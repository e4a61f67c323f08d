-- error: invalid replacement value
local t = {}
t.x = t
local a = ("x"):gsub("x", { x = false })
local b = ("x"):gsub("x", t)
