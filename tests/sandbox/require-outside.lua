-- error: the name of a required file must have 1 to 64 letters
for _, name in ipairs { "../env-replaced", "/etc/passwd", "./env-replaced", "a.b", ".", "..", "", "env-replaced.lua",
                        "x\0y", "%s", "~", "-\n" } do
  pcall(require, name)
end
require(("x"):rep(1e6))
