-- Draws the figures: gnuplot's as SVG and PNG with the script that drew them, and the gallery.
-- study.figures[NAME] lists the panels of a figure, each a file: side by side where there is room.
local files, svg = require "files", require "svg"

local function draw(panel, folder)
  local name = panel.name
  local head = ([[
set encoding utf8
set terminal svg size %d,%d font "Helvetica,13" background "#ffffff"
small = ",11"
set output "%s.svg.new"
]]):format(panel.width, panel.height, name)
  local again = ([[
reset
set terminal pngcairo size %d,%d font "Helvetica,26" linewidth 2 pointscale 2
small = ",22"
set output "%s.png.new"
]]):format(2 * panel.width, 2 * panel.height, name)
  -- Data blocks are shared by both terminals.
  files.write(("%s/%s.gnuplot"):format(folder, name), head .. panel.script .. "\n" .. again .. panel.script .. "\n")
  -- Names in the script are relative: it draws the same wherever the folder is.
  local ok = os.execute(("cd '%s' && LC_ALL=C.UTF-8 gnuplot %s.gnuplot"):format(folder:gsub("'", "'\\''"), name))
  local at = folder .. "/" .. name
  if not ok then error(at .. ".gnuplot: gnuplot failed", 0) end
  local drawn = svg.named(files.read(at .. ".svg.new"), panel)
  files.write(at .. ".svg", drawn)
  if not os.rename(at .. ".png.new", at .. ".png") then error(at .. ".png: cannot be written", 0) end
end

return function(study, out)
  study.figures = {}
  local all = {}
  for _, module in ipairs(study.of_digits and { "plots", "digits_plots" } or { "plots" }) do
    for name, make in pairs(require(module)) do all[name] = make end
  end
  for name, make in pairs(all) do
    local panels = make(study)
    for _, panel in ipairs(panels) do
      draw(panel, out .. "/figures")
      panel.file = panel.name .. ".svg"
    end
    if #panels > 0 then study.figures[name] = panels end
  end
  if study.of_digits then study.figures.gallery = require "gallery" (study, out) end
end
