-- harmless
-- Names that mean something in C, or that become equal in it.
local nn = require "nn"
local y = nn.input("int", { 3 })
for _, name in ipairs { "main", "int", "_Static_assert", "NULL", "__builtin_trap", "-", "--", "0", "a-b", "A-B",
                        "call", "job", "x", "w", "state", "nn_exp", "weight", "float", "errno", "if", "job-x",
                        ("z"):rep(64) } do
  y = nn.linear { name = name, out = 3 }(y)
end
local digit = nn.label("return", 3)
return nn.model {
  name = "while",
  train = { epochs = 1, batch = 1, optimizer = nn.sgd {}, loss = nn.cross_entropy(y, digit), freeze = { "-", "a-b" } },
  metrics = { ["a-b"] = nn.mse(y, 0), a_b = nn.mse(y, 1), int = nn.equal(nn.argmax(y), digit) },
  predict = { ["a-b"] = y, a_b = nn.argmax(y), int = nn.relu(y) },
}
