-- error: functions call each other too deeply
local f = function(x) return x end
for i = 1, 1000000 do
  local g = f
  f = function(x) return (g(x)) end
end
f(1)
