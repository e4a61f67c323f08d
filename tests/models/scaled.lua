-- Images made larger and smaller: upsampling both ways, pixel shuffles, pools of the whole image and of a stated size, even
-- and uneven.
local nn = require "nn"
local x, t = nn.input("x", {3, 7, 6}), nn.target("t", {6, 14, 12})
local a = nn.relu(nn.conv2d { name = "a", out = 20, kernel = 3, padding = "same" }(x))         -- (20, 7, 6)
local small = nn.adaptive_avg_pool2d { size = { 3, 4 } }(a)                                    -- (20, 3, 4)
local even = nn.adaptive_avg_pool2d { size = { 7, 2 } }(nn.tanh(a))                            -- (20, 7, 2)
local gate = nn.sigmoid(nn.linear { name = "g", out = 24 }(nn.global_avg_pool2d(a)))           -- (24)
local up = nn.sequential { nn.conv2d { name = "b", out = 24, kernel = 1 }, nn.tanh, nn.pixel_shuffle }
local y = nn.upsample { scale = { 1, 3 } }(even) + nn.upsample { scale = 1 }(a)                -- (20, 7, 6)
local fine = up(y * nn.slice(nn.reshape(gate, { 24, 1, 1 }), 1, 1, 20))                        -- (6, 14, 12)
local wide = nn.upsample { mode = "bilinear", scale = 4 }(nn.conv2d { name = "c", out = 6, kernel = 1 }(small))   -- (6, 12, 16)
local o = fine + nn.pad(nn.slice(wide, 3, 3, 14), 2, 1, 1)
return nn.model { name = "scaled",
  train = { epochs = 1, batch = 8, optimizer = nn.adam {}, loss = nn.mse(o, t) },
  predict = { o = o, wide = wide },
}
