-- An autoencoder: convolutions down, transposed ones up, with every option; one of them shared.
local nn = require "nn"
local x = nn.input("x", {3, 13, 10})
local down = nn.sequential {
  nn.conv2d { name = "a", out = 20, kernel = 3, stride = 2, padding = 1 }, nn.relu,                             -- (20, 7, 5)
  nn.conv2d { name = "b", out = 32, kernel = 3, stride = 2, padding = 1, groups = 4 }, nn.relu,                 -- (32, 4, 3)
}
local up = nn.conv_transpose2d { name = "u", out = 32, kernel = 2, padding = 1 }                                -- one less
local code = down(x)
local y = nn.sequential {
  nn.conv_transpose2d { name = "c", out = 20, kernel = 3, stride = 2, padding = 1, groups = 4 }, nn.tanh,       -- (20, 7, 5)
  nn.conv_transpose2d { name = "d", out = 17, kernel = { 2, 3 }, stride = { 2, 2 }, padding = { 1, 1 }, output_padding = { 1, 1 }, bias = false }, nn.gelu,   -- (17, 13, 10)
  nn.conv_transpose2d { name = "e", out = 3, kernel = 3, dilation = 2, padding = 2 },
}(code)
local small = up(up(nn.sigmoid(code)))                                                                          -- (32, 2, 1)
local holes = nn.conv_transpose2d { name = "f", out = 3, kernel = 2, stride = { 5, 4 }, output_padding = { 1, 0 } }(code)   -- (3, 18, 10)
local late = nn.conv_transpose2d { name = "g", out = 3, kernel = 2, dilation = { 3, 2 }, padding = { 2, 0 }, output_padding = { 2, 1 } }(y)   -- (3, 14, 13)
return nn.model { name = "transposed",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {},
            loss = nn.mse(y, x) + 0.1 * nn.mean(nn.mean(small ^ 2)) + 0.1 * nn.mean(late ^ 2) + nn.mse(nn.relu(nn.slice(holes, 2, 3, 15)), x) },
  predict = { y = y, holes = holes },
}
