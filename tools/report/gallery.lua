-- The pairs most often decided wrongly, drawn as one SVG.
local csv, files, results = require "csv", require "files", require "results"

local SIDE, PIXEL, COLUMNS = 14, 4, 4
local WIDTH, HEIGHT = 2 * SIDE * PIXEL + 44, SIDE * PIXEL + 46

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

return function(study, out)
  local worst = results.worst(study, 12)
  study.worst = worst
  if #worst == 0 then return end
  local images = csv.read(out .. "/raw/images.csv", { "index", "left", "right" })
  local lines = math.ceil(#worst / COLUMNS)
  local parts = { ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="Helvetica,Arial,sans-serif" font-size="11" fill="#333">')
    :format(COLUMNS * WIDTH, lines * HEIGHT, COLUMNS * WIDTH, lines * HEIGHT) }
  for n, pair in ipairs(worst) do
    local image = images[pair.index + 1]
    if not image or #tostring(image.left) ~= 2 * SIDE * SIDE then
      error(("%s/raw/images.csv: no images of test pair %d"):format(out, pair.index), 0)
    end
    local x, y = (n - 1) % COLUMNS * WIDTH + 12, (n - 1) // COLUMNS * HEIGHT + 6
    draw(parts, image.left, x, y)
    draw(parts, image.right, x + SIDE * PIXEL + 6, y)
    parts[#parts + 1] = ('<text x="%d" y="%d">%d %s %d</text>'):format(x, y + SIDE * PIXEL + 14,
      pair.left, pair.label == 1 and "≤" or "&gt;", pair.right)
    parts[#parts + 1] = ('<text x="%d" y="%d" fill="#777">wrong in %d of %d</text>')
      :format(x, y + SIDE * PIXEL + 28, pair.wrong, pair.runs)
  end
  parts[#parts + 1] = "</svg>\n"
  files.write(out .. "/figures/gallery.svg", table.concat(parts, "\n"))
  study.figures.gallery = out .. "/figures/gallery.svg"
end
