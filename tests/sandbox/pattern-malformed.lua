-- error: malformed pattern
for _, p in ipairs { "%", "[", "[%", "%b", "%bx", "%f", "(", "())", "%1", ("("):rep(40), ("(x"):rep(300) } do
  pcall(string.find, "xxxxxxxx", p)
  pcall(string.gsub, "xxxxxxxx", p, "%9")
  pcall(string.gsub, "xxxxxxxx", "x", "%9")
end
pcall(string.match, ("x"):rep(1e6), ("x?"):rep(1e5))
pcall(string.find, ("["):rep(1e6), "[" .. ("["):rep(1e6))
string.find("x", "[a")
