-- Tables, figures and report of a study: main.lua FOLDER-OF-SCRIPTS FOLDER-OF-RESULTS
package.path = arg[1] .. "/?.lua"
local out = arg[2]

local ok, message = pcall(function()
  local study = require "results".read(out)
  os.execute(("mkdir -p '%s/figures'"):format(out:gsub("'", "'\\''")))
  require "tables" (study, out)
  local scale = require "figures".draw(study, out)
  require "gallery" (study, out)
  require "report" (study, out, scale)
  for _, net in ipairs(study.nets) do
    print(("%-9s %.3f (%.3f)  report %.3f %-12s  witness %.3f %s"):format(net.name, net.mean,
      net.deviation, net.report, net.verdict, net.witness, net.witness_verdict))
  end
  print(("report: %s/report.html"):format(out))
end)
if not ok then
  io.stderr:write("tools/study: ", tostring(message), "\n")
  os.exit(1)
end
