-- part
return require "part-circle-a"
