-- A large network learns digits; a small one then learns what it answers, softened by a temperature (G. Hinton et al.,
-- Distilling the knowledge in a neural network, 2015).
local nn = require "nn"

local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)

local teacher = nn.sequential {
  nn.conv2d { name = "teacher1", out = 16, kernel = 5, padding = 2 }, nn.relu, nn.max_pool2d,
  nn.conv2d { name = "teacher2", out = 32, kernel = 5 }, nn.relu, nn.max_pool2d,
  nn.flatten, nn.linear { name = "teacher3", out = 128 }, nn.relu, nn.linear { name = "teacher4", out = 10 },
} (image)
local student = nn.sequential {
  nn.flatten, nn.linear { name = "student1", out = 32 }, nn.relu, nn.linear { name = "student2", out = 10 },
} (image)

local temperature = 4
local soft = nn.cross_entropy(student / temperature, nn.softmax(nn.detach(teacher) / temperature))
local function rate(lr) return nn.adam { lr = lr * (1 + nn.cos(math.pi * nn.step / nn.steps)) / 2 } end

return nn.model {
  data    = "mnist",
  train   = {
    { epochs = 4, batch = 64, loss = nn.cross_entropy(teacher, digit), optimizer = rate(2e-3) },
    { epochs = 10, batch = 64, optimizer = rate(2e-3),
      loss = temperature ^ 2 * soft + 0.1 * nn.cross_entropy(student, digit) },
  },
  predict = { digit = nn.argmax(student) },
  metrics = { accuracy = nn.equal(nn.argmax(student), digit), teacher = nn.equal(nn.argmax(teacher), digit) },
}
