for k, v in pairs { [{}] = 1 } do end
