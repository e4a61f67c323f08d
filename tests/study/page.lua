-- Checks the form of a study's page: page.lua report.html CHECK...; a line for each fault.
local file = assert(io.open(arg[1]))
local page = file:read "a"
file:close()

local function fault(format, ...) print(format:format(...)) end

-- The text that a reader sees between tags.
local function seen(html)
  return (html:gsub("<style.-</style>", ""):gsub("<svg.-</svg>", ""):gsub("<[^>]*>", " "):gsub("%s+", " "))
end

local function attribute(tag, name) return tag:match("[%s]" .. name .. "%s*=%s*[\"'](.-)[\"']") end

local svgs = {}
for svg in page:gmatch "<svg.-</svg>" do svgs[#svgs + 1] = svg end

-- Relative luminance and contrast as WCAG 2 defines them.
local function luminance(colour)
  local sum, share = 0, { 0.2126, 0.7152, 0.0722 }
  for i = 1, 3 do
    local v = colour[i] / 255
    sum = sum + share[i] * (v <= 0.04045 and v / 12.92 or ((v + 0.055) / 1.055) ^ 2.4)
  end
  return sum
end

local function contrast(a, b)
  a, b = luminance(a), luminance(b)
  return (math.max(a, b) + 0.05) / (math.min(a, b) + 0.05)
end

local function colour_of(text)
  local r, g, b = text:match "rgb%(%s*(%d+),%s*(%d+),%s*(%d+)%)"
  if r then return { tonumber(r), tonumber(g), tonumber(b) } end
  local hex = text:match "^#(%x+)$"
  if not hex then return { 0, 0, 0 } end
  if #hex == 3 then hex = hex:gsub("%x", "%0%0") end
  return { tonumber(hex:sub(1, 2), 16), tonumber(hex:sub(3, 4), 16), tonumber(hex:sub(5, 6), 16) }
end

-- Texts of a figure by gnuplot: { x, y, size, colour, text }.
local function texts(svg)
  local list = {}
  for x, y, rest, text in svg:gmatch '<g transform="translate%(([%d.]+),([%d.]+)%)([^>]*)>%s*<text><tspan[^>]*>(.-)</tspan>' do
    list[#list + 1] = { x = tonumber(x), y = tonumber(y), size = tonumber(attribute(rest, "font%-size")),
                        colour = colour_of(attribute(rest, "fill") or ""), text = text }
  end
  return list
end

local checks = {}

-- Every tag is closed, and every name is one element's alone.
function checks.wellformed()
  local open, ids = {}, {}
  local text = page:gsub("<!DOCTYPE html>", ""):gsub("<style>.-</style>", "")
  for close, name, rest in text:gmatch "<(/?)([%a][%w:]*)([^>]*)>" do
    if close == "/" then
      if open[#open] ~= name then return fault("</%s> closes <%s>", name, open[#open] or "nothing") end
      open[#open] = nil
    elseif not rest:find "/$" and name ~= "meta" then
      open[#open + 1] = name
    end
    local id = attribute(rest, "id")
    if id and ids[id] then fault("two elements have the name %s", id) end
    if id then ids[id] = true end
  end
  if #open > 0 then fault("<%s> is not closed", open[#open]) end
end

-- A screen reader says what a figure is and what is to be seen there.
function checks.figures()
  if #svgs == 0 then fault "no figures" end
  for i, svg in ipairs(svgs) do
    local tag = svg:match "<svg.->"
    if attribute(tag, "role") ~= "img" then fault("figure %d has no role", i) end
    local title, text = svg:match '<title id="([%w-]+)">[^<]+</title>', svg:match '<desc id="([%w-]+)">[^<]+</desc>'
    if not title or not text then
      fault("figure %d has no title or description", i)
    elseif attribute(tag, "aria%-labelledby") ~= title .. " " .. text then
      fault("figure %d is not named by its title and description", i)
    end
    local _, titles = svg:gsub("<title", "")
    if titles ~= 1 or svg:find "Gnuplot" or svg:find "GNUPLOT" then fault("figure %d has titles of gnuplot's", i) end
  end
end

-- Names of columns and rows are told from values, and every table says what it holds.
function checks.tables()
  local n = 0
  for table_ in page:gmatch "<table.-</table>" do
    n = n + 1
    if not table_:find "<caption>.-%a.-</caption>" then fault("table %d has no caption", n) end
    for cell in table_:gmatch "<th[^ea][^>]*>" do
      local scope = attribute(cell, "scope")
      if scope ~= "col" and scope ~= "row" then fault("table %d: %s", n, cell) end
    end
    if table_:find "<th>" then fault("table %d: <th> without a scope", n) end
    for row in table_:gmatch "<tr>(.-)</tr>" do
      if not row:find "^%s*<th" then fault("table %d: a row without a name", n) end
    end
  end
  if n == 0 then fault "no tables" end
  local _, scrolled = page:gsub('<div class="wide" role="region" tabindex="0" aria%-label="[^"]+"><table>', "")
  if scrolled ~= n then fault("%d of %d tables scroll by themselves", scrolled, n) end
end

local key = { ["median"] = true, ["one round"] = true, ["mean in the report"] = true, ["the report"] = true, ["training"] = true,
              ["validation"] = true, ["equal digits"] = true, ["neighbours"] = true, ["farther apart"] = true }

-- Keys of curves stand above all data: above the highest tick of the y axis.
function checks.keys()
  local found = {}
  for i, svg in ipairs(svgs) do
    local top, keys = math.huge, {}
    for _, t in ipairs(texts(svg)) do
      if t.text:find "^%s*[%d.]+%s*$" then top = math.min(top, t.y)
      elseif key[t.text] then
        keys[#keys + 1], found[t.text] = t, true
      end
    end
    for _, t in ipairs(keys) do
      if t.y >= top then fault("figure %d: the key `%s` stands among the data", i, t.text) end
    end
  end
  for _, text in ipairs { "median", "one round", "equal digits" } do
    if not found[text] then fault("no key `%s`", text) end
  end
end

-- Every word and number of a figure can be read on its ground, and on a phone (368 pixels of a figure).
function checks.contrast()
  for i, svg in ipairs(svgs) do
    local boxes = {}
    for fill, points in svg:gmatch "<polygon fill%s*=%s*'([^']*)' points%s*=%s*'([^']*)'" do
      local box = { colour = colour_of(fill), left = math.huge, top = math.huge, right = 0, bottom = 0 }
      for x, y in points:gmatch "([%d.]+),([%d.]+)" do
        box.left, box.right = math.min(box.left, tonumber(x)), math.max(box.right, tonumber(x))
        box.top, box.bottom = math.min(box.top, tonumber(y)), math.max(box.bottom, tonumber(y))
      end
      boxes[#boxes + 1] = box
    end
    local least, smallest = math.huge, math.huge
    local width = tonumber(attribute(svg:match "<svg.->", "width"))
    for _, t in ipairs(texts(svg)) do
      local ground = { 255, 255, 255 }
      for _, box in ipairs(boxes) do
        if t.x > box.left and t.x < box.right and t.y > box.top and t.y < box.bottom then ground = box.colour end
      end
      least, smallest = math.min(least, contrast(t.colour, ground)), math.min(smallest, t.size * math.min(1, 368 / width))
    end
    if least < 4.5 then fault("figure %d: a contrast of %.1f", i, least) end
    if smallest < 9 then fault("figure %d: letters of %.1f pixels on a phone", i, smallest) end
  end
end

-- The table of differences says each pair of architectures once.
function checks.differences()
  local cells = 0
  for table_ in page:gmatch "<table.-</table>" do
    for cell in table_:gmatch "<td[^>]*>([^<]*)</td>" do
      if cell:find "%d:%d" or cell:find "%d : %d" then cells = cells + 1 end
    end
  end
  if cells ~= 15 then fault("%d differences of six architectures, not 15", cells) end
end

-- An axis for each of the two losses; a map for each architecture.
function checks.panels()
  local named = {}
  for _, svg in ipairs(svgs) do named[svg:match '<title id="([%w-]+)%-title"' or "?"] = true end
  for _, name in ipairs { "accuracy", "losses-digit", "losses-comparison", "distance", "gallery" } do
    if not named[name] then fault("no figure %s", name) end
  end
  for _, name in ipairs { "mlp", "cnn", "sharing", "aux", "transfer", "digit" } do
    if not named["pairs-" .. name] then fault("no map of %s's mistakes", name) end
  end
end

-- "Report" and "witness" are explained where they are first said.
function checks.introduced()
  local text = seen(page):gsub(".-</h1>", "")
  local first = text:find("witness", 1, true)
  if not first or not text:sub(first - 120, first):find("PyTorch", 1, true) then fault "the witness is not introduced" end
  first = text:find("report", 1, true)
  if not first or not text:sub(first - 60, first + 60):find("earlier", 1, true) then fault "the report is not introduced" end
end

-- A run by the report's protocol is compared with it.
function checks.compared()
  local text = seen(page)
  if not text:find "against the report" or not text:find "against the witness" then fault "not compared with the report" end
  if text:find "not compared" then fault "said not to be compared" end
end

-- Another run says why it is not, and judges nothing.
function checks.departed()
  local text = seen(page)
  if not text:find("This run is not the report’s: 3 epochs in place of 100 and 60 training pairs in place of 1000", 1, true) then
    fault "does not say in what it departs from the report"
  end
  for _, word in ipairs { "against the report ", "within noise", " below ", " above " } do
    if text:find(word, 1, true) and word ~= " above " then fault("judges with the word `%s`", word) end
  end
  if page:find 'class="below"' or page:find 'class="above"' then fault "judges in colour" end
  for _, svg in ipairs(svgs) do
    if svg:find "the report" then fault "draws the report's accuracies" end
  end
end

for i = 2, #arg do checks[arg[i]]() end
