-- error: string has no `bomb`
local s = ("x").bomb
for i = 1, 1e9 do s = s.y.z end
