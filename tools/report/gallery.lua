-- The pairs most often decided wrongly, drawn as one SVG.
local csv, digits, files, svg = require "csv", require "digits", require "files", require "svg"

local SIDE, PIXEL, COLUMNS = 14, 4, 3
local WIDTH, HEIGHT = 2 * SIDE * PIXEL + 36, SIDE * PIXEL + 52

-- One path for each of 16 shades keeps the file small.
local function draw(parts, hex, x0, y0)
  local shades = {}
  for i = 0, SIDE * SIDE - 1 do
    local value = tonumber(hex:sub(2 * i + 1, 2 * i + 2), 16) // 16
    if value > 0 then
      shades[value] = (shades[value] or "") ..
        ("M%d %dh%dv%dh-%dz"):format(x0 + i % SIDE * PIXEL, y0 + i // SIDE * PIXEL, PIXEL, PIXEL, PIXEL)
    end
  end
  parts[#parts + 1] = ('<rect x="%d" y="%d" width="%d" height="%d" fill="#000"/>')
    :format(x0, y0, SIDE * PIXEL, SIDE * PIXEL)
  for value = 1, 15 do
    if shades[value] then
      parts[#parts + 1] = ('<path fill="#%x%x%x" d="%s"/>'):format(value, value, value, shades[value])
    end
  end
end

-- The panels of the figure: one, or nil where nothing was wrong.
return function(study, out)
  local worst = digits.worst(study, 12)
  if #worst == 0 then return nil end
  local images = csv.read(out .. "/raw/images.csv", { "index", "left", "right" }, { left = true, right = true })
  local lines = math.ceil(#worst / COLUMNS)
  local parts, said = { ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-size="13" fill="#222">')
    :format(COLUMNS * WIDTH, lines * HEIGHT, COLUMNS * WIDTH, lines * HEIGHT) }, {}
  for n, pair in ipairs(worst) do
    local image = images[pair.index + 1]
    if not image or #image.left ~= 2 * SIDE * SIDE then
      error(("%s/raw/images.csv: no images of test pair %d"):format(out, pair.index), 0)
    end
    local x, y = (n - 1) % COLUMNS * WIDTH + 12, (n - 1) // COLUMNS * HEIGHT + 6
    draw(parts, image.left, x, y)
    draw(parts, image.right, x + SIDE * PIXEL + 6, y)
    local truth = ("%d %s %d"):format(pair.left, pair.label == 1 and "≤" or ">", pair.right)
    local wrong = ("wrong in %d of %d"):format(pair.wrong, pair.runs)
    parts[#parts + 1] = ('<text x="%d" y="%d">%s</text>'):format(x, y + SIDE * PIXEL + 16, svg.escape(truth))
    parts[#parts + 1] = ('<text x="%d" y="%d" fill="#555">%s</text>'):format(x, y + SIDE * PIXEL + 33, wrong)
    said[n] = truth .. ", " .. wrong
  end
  parts[#parts + 1] = "</svg>\n"
  local panel = { name = "gallery", title = "The test pairs most often decided wrongly",
                  description = table.concat(said, "; ") .. ".", file = "gallery.svg" }
  files.write(out .. "/figures/gallery.svg", svg.named(table.concat(parts, "\n"), panel))
  return { panel }
end
