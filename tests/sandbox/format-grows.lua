-- error: too much memory
local s = "%s%s%s%s"
while true do s = ("%s%s%s%s"):format(s, s, s, s) end
