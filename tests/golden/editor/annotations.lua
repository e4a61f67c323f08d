-- annotations.lua NN.D.LUA LANGUAGE.MD: whether annotations follow the syntax of LuaLS (https://luals.github.io/wiki/annotations):
-- types are well formed and defined, parameters are those of the function below; and whether each option that the page's
-- tables name is there, with its default.
local text = assert(io.open(arg[1])):read("a")
local failures = 0

local function fail(...)
  failures = failures + 1
  print(string.format(...))
end

local known = {}
for name in ("nil boolean number integer string table function fun any unknown self"):gmatch("%a+") do known[name] = true end
for name in text:gmatch("%-%-%-@class ([%w_.]+)") do known[name] = true end
for name in text:gmatch("%-%-%-@alias ([%w_.]+)") do known[name] = true end

-- A reader of types: returns where the type ends, or nothing.
local type_at

local function list_of(s, at, close, item)
  at = s:match("^%s*()", at)
  if s:sub(at, at) == close then return at + 1 end
  while at do
    at = item(s, at)
    if not at then return end
    local mark, rest = s:match("^%s*([,%" .. close .. "])%s*()", at)
    if mark == close then return s:match("^%s*%" .. close .. "()", at) end
    at = mark and rest
  end
end

local function argument(s, at)
  local named = s:match("^[%w_.]+%??%s*:%s*()", at)
  return type_at(s, named or at)
end

local function single(s, at)
  local past = s:match('^"[^"]*"()', at) or s:match("^%-?%d+()", at)
  if not past and s:match("^fun%(", at) then
    past = list_of(s, at + 4, ")", argument)
    local result = past and s:match("^%s*:%s*()", past)
    if result then past = type_at(s, result) end
    return past
  end
  if not past and s:sub(at, at) == "(" then
    past = type_at(s, at + 1)
    past = past and s:match("^%)()", past)
  end
  if not past and s:sub(at, at) == "{" then past = list_of(s, at + 1, "}", argument) end
  if not past then
    local name, after = s:match("^([%a_][%w_.]*)()", at)
    if not name then return end
    if not known[name] then return nil, "no such type: " .. name end
    past = after
    local inner = s:match("^<()", past)
    if inner then past = list_of(s, inner, ">", type_at) end
  end
  while past and s:match("^%[%]", past) do past = past + 2 end
  return past
end

function type_at(s, at)
  local past, why = single(s, at)
  while past do
    local more = s:match("^|()", past)
    if not more then return s:match("^%??()", past) end
    past, why = single(s, more)
  end
  return nil, why
end

-- A type, then the end of the line or a blank and words.
local function want_type(line, s, at)
  local past, why = type_at(s, at)
  if not past then return fail("%d: %s: %s", line, why or "no type", s) end
  if not s:match("^%s", past) and past <= #s then fail("%d: no type: %s", line, s) end
  return past
end

local line, params, documented, class, fields = 0, {}, false, nil, {}
for s in text:gmatch("([^\n]*)\n") do
  line = line + 1
  local word, rest = s:match("^%-%-%-@(%a+)%s+(.*)")
  if s:match("^%-%-%-@") and not word then
    fail("%d: %s", line, s)
  elseif word == "class" then
    class = rest:match("^[%w_.]+")
    local parent = rest:match("^[%w_.]+%s*:%s*([%w_.]+)")
    if not class or parent and not known[parent] then fail("%d: %s", line, s) end
    fields[class] = {}
  elseif word == "field" then
    local name, optional, at = rest:match("^([%a_][%w_]*)(%??)%s+()")
    if not name then name, optional, at = rest:match("^(%[%a+%])(%??)%s+()") end
    if not name or not class then
      fail("%d: %s", line, s)
    else
      if fields[class][name] then fail("%d: %s has %s twice", line, class, name) end
      fields[class][name] = { required = optional == "", text = rest }
      want_type(line, rest, at)
    end
  elseif word == "param" then
    local name, at = rest:match("^([%w_.]+)%??%s+()")
    if not name then fail("%d: %s", line, s) else params[#params + 1] = name want_type(line, rest, at) end
  elseif word == "return" or word == "overload" or word == "type" then
    want_type(line, rest, 1)
  elseif word == "alias" then
    local at = rest:match("^[%w_.]+%s+()")
    if not at then fail("%d: %s", line, s) else want_type(line, rest, at) end
  elseif word == "operator" then
    local name, at = rest:match("^(%a+)()")
    local operand = rest:match("^%(()", at)
    if operand then at = type_at(rest, operand) at = at and rest:match("^%)()", at) end
    at = at and rest:match("^%s*:%s*()", at)
    if not name or not at then fail("%d: %s", line, s) else want_type(line, rest, at) end
  elseif word == "generic" then
    local name = rest:match("^([%a_][%w_]*)%f[%W]")
    if not name then fail("%d: %s", line, s) else known[name] = true end
  elseif word and word ~= "meta" then
    fail("%d: @%s is no annotation that is used here", line, word)
  elseif not word then
    local list = s:match("^function [%w_.]+%((.-)%) end$")
    if list then
      if list ~= table.concat(params, ", ") then fail("%d: parameters (%s), of them are documented (%s)", line, list, table.concat(params, ", ")) end
    elseif #params > 0 and not s:match("^%-%-%- ") then
      fail("%d: parameters without a function", line)
    end
    if not s:match("^%-%-%-") then params = {} end
    if s == "" then class = nil end
  end
end

-- Options of the page's tables: `name = default` and **`name`**, which must be given, of the words of the row.
local seen, heading = 0, ""
for s in assert(io.open(arg[2])):lines() do
  heading = s:match("^## (.*)") or heading
  local words, options = s:match("^| (`nn%.[^|]*)|([^|]*)|")
  for word in (heading == "Layers" and words or ""):gmatch("`(nn%.[%w_]+)`") do
    local class_of = fields[word .. ".options"]
    for name, default in options:gmatch("`([%a_]+) = ([^`]+)`") do
      seen = seen + 1
      local field = class_of and class_of[name]
      default = default:gsub("%.0$", "")
      if not field then
        fail("%s: no option %s", word, name)
      elseif class_of[default] and field.text:find("that of the " .. default, 1, true) then
        -- Another option decides.
      elseif not field.text:find("(default " .. default .. ")", 1, true) then
        fail("%s: %s is %s by default, and in nn.d.lua: %s", word, name, default, field.text)
      end
    end
    for name in options:gmatch("%*%*`([%a_]+)`%*%*") do
      seen = seen + 1
      local field = class_of and class_of[name]
      -- A tied weight has sizes of its own.
      if not field or not (field.required or class_of.tie) then fail("%s: %s must be given", word, name) end
    end
  end
end
if seen < 60 then fail("only %d options are found in the page", seen) end
os.exit(failures == 0)
