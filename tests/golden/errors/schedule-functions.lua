local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { out = 10 }(nn.flatten(image))
local loss = nn.cross_entropy(answer, digit)
local a = nn.floor(image)
local b = nn.floor(nn.step, 2)
local c = nn.floor()
local d = answer ^ nn.step
local e = 2 ^ answer
local f = loss ^ nn.epoch
local g = nn.maximum(nn.step, 3)
local h = nn.less(nn.step)
local i = nn.less(nn.step, loss)
local j = nn.where(nn.less(nn.step, 9), loss, 2)
local k = nn.where(nn.step, 1)
local l = nn.pow(nn.step, 2)
local m = nn.step < 3
local n = nn.step ^ "2"
local o = nn.linear { name = "o", out = 2 }(nn.where(nn.less(nn.step, 9), answer, -answer))
return nn.model {
  train = { epochs = 1, batch = 10, optimizer = nn.adam { lr = nn.less(answer, nn.step) }, loss = loss },
  predict = { scaled = answer * nn.epoch, best = nn.argmax(o), fine = answer * 2 },
  metrics = { early = nn.less(nn.step, 3) },
}
