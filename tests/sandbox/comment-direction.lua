-- error: there is no variable `x`
local a = x --[[ ‮ evil ⁦ ]]
