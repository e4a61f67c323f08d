local nn = require "nn"
for i = 1, 1000 do
  nn.input("field " .. i, {1})
end
