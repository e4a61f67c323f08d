local a = ("%s"):format({}) .. ("%q"):format(1 / 3)
local b = ("%p"):format({})
