return require "require-self"
