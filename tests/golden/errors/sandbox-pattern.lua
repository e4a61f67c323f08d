-- The instruction limit does not see what a C function does.
while true do
  pcall(string.find, ("a"):rep(100000), (".-"):rep(30) .. "b")
end
