-- error: nn too often
while true do pcall(require, "missing-file") end
