local nn = require "nn"
local image, vector, digit = nn.input("image", {3, 6, 5}), nn.input("vector", {12}), nn.label("digit", 10)
local a = nn.random_flip { name = "turn", axis = 4 }(image)
local b = nn.random_flip { axis = 0 }(image)
local c = nn.random_flip { axis = -2 }(vector)
local d = nn.random_flip(digit)
local e = nn.random_crop { name = "shift" }(vector)
local f = nn.random_crop { padding = 5, mode = "reflect" }(image)
local g = nn.random_crop { padding = 4, mode = "reflect" }(image)
local h = nn.random_crop { padding = 400, mode = "replicate" }(image)
local i = nn.random_erase(image)
local j = nn.random_erase { size = 5 }(image)
local k = nn.random_erase { size = 2 }(digit)
local l = nn.random_crop { padding = -1 }
local m = nn.random_crop { mode = "circular" }
local n = nn.random_flip { axis = 5, p = 2 }
local o = nn.random_erase { size = 0, padding = 3 }
