-- What every figure needs besides its drawing: a name and a description that screen readers say,
-- names of its own, so that several fit into one page, and a font that every machine has.
local svg = {}

function svg.escape(text)
  return (tostring(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

-- The drawing `text` as the figure `panel` (name, title, description).
function svg.named(text, panel)
  local name = panel.name
  -- Gnuplot's own: "Gnuplot", and for each curve one that a mouse over it brings up.
  text = text:gsub("<title>.-</title>\n?", ""):gsub("<desc>.-</desc>\n?", "")
  -- Gnuplot opens a group for each change of colour, most of them for nothing.
  text = text:gsub("<g [^>]*>%s*</g>%s*", "")
  text = text:gsub("id=(['\"])", "id=%1" .. name .. "-"):gsub("href='#", "href='#" .. name .. "-")
    :gsub("url%(#", "url(#" .. name .. "-")
  text = text:gsub(' font%-family="Helvetica"', "")
  return (text:gsub("<svg(.-)>", function(attributes)
    return ('<svg%s font-family="Helvetica,Arial,sans-serif" role="img" aria-labelledby="%s-title %s-desc">\n<title id="%s-title">%s</title>\n<desc id="%s-desc">%s</desc>')
      :format(attributes, name, name, name, svg.escape(panel.title), name, svg.escape(panel.description))
  end, 1))
end

return svg
