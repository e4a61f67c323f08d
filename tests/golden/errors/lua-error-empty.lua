-- A message that ends before it begins.
error("\0hidden")
