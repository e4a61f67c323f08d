-- error: must have 1 to 64 letters
local nn = require "nn"
local bad = { "*/ int evil; /*", "x\n#error evil\n", "\"; evil(); \"", "x\\", "??/", "%s%n", "$(evil)", "`evil`",
              "../evil", "/evil", "evil\0", "\27[31m", "\xe2\x80\xae", " ", "" }
local x = nn.input("x", { 3 })
for i, name in ipairs(bad) do
  if i % 3 == 0 then nn.linear { name = name, out = 1 } end
  if i % 3 == 1 then nn.input(name, { 3 }) end
  if i % 3 == 2 then nn.param(name, 1) end
end
return nn.model { name = bad[1], data = bad[2], metrics = { [bad[3]] = nn.mse(x, 0) }, predict = { [bad[4]] = x },
                  train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.mse(x, 0), freeze = { bad[5] } } }
