io.open("/etc/passwd", "r"):read("a")
os.execute("true")
local f = load("return 1")
local g = loadstring
local h = dofile("x.lua")
debug.getinfo(1)
package.loadlib("x", "y")
collectgarbage()
setmetatable({}, { __gc = function() end })
coroutine.wrap(function() end)()
math.random()
string.dump(print)
getmetatable("").__index = nil
