local nn = require "nn"
local image, digit = nn.input("image", {1, 28, 28}), nn.label("digit", 10)
local answer = nn.linear { out = 10 }(nn.flatten(image))
local function phase(options)
  options.epochs, options.batch, options.optimizer = 1, 10, nn.adam {}
  options.loss = nn.cross_entropy(answer, digit)
  return options
end
return nn.model {
  train = {
    { epochs = 1, batch = 10, optimizer = nn.adam {}, loss = nn.cross_entropy(answer, digit),
      keep = "best",
      monitor = "val_acuracy" },
    phase { monitor = "-val_acc", keep = "first" },
    phase { monitor = "test_loss_of_the_model", patience = 0 },
    phase { monitor = 3, min_delta = -1 },
    phase { monitor = "-train_accuracy", keep = "last", patience = 3, min_delta = 0.5 },
  },
  metrics = { accuracy = nn.equal(nn.argmax(answer), digit) },
}
