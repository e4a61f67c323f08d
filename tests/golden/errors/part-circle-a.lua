-- part
return require "part-circle-b"
