local nn = require "nn"
local x = nn.input("x\0y", {3})
local a = nn.linear { name = "fc\0x", out = 3 }
local p = nn.param("p\0", 1)
local t = require "trunk\0"
local u = require "/etc/passwd"
local v = require "..\\..\\trunk"
local w = require ""
return nn.model {
  name = "*/ int main(void) {} /*",
  train = { epochs = 1, batch = 1, optimizer = nn.adam {}, loss = 3 },
  predict = { ["a\0b"] = x, ['"; system("true"); "'] = x },
}
