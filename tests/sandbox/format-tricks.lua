-- error: invalid conversion
local f = string.format
for _, p in ipairs { "%n", "%*d", "%99999d", "%.999f", "%hhn", "%-+ #0123d", "%", "%ls", "%5$d", "%l" } do
  pcall(f, p, 1, 2, 3)
end
pcall(f, ("%s"):rep(100000))
pcall(f, "%d", 0 / 0)
pcall(f, "%c%c%c", -1, 1e300, 256)
pcall(f, "%q", { {} })
local a = f("%.99f%99.99f%a%q%5.2s", 1e308, -1e308, 0 / 0, 1 / 0, "xyz")
f("%n", 1)
