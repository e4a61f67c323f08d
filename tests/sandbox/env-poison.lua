-- error: there is no variable `nothing`
_ENV = nothing
x = 1
for i = 1, 1e9 do y = x.z(i) end
