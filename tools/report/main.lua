-- Tables, figures and report of a study: main.lua FOLDER-OF-SCRIPTS FOLDER-OF-RESULTS
package.path = arg[1] .. "/?.lua"
local out = arg[2]
local words = require "words"

local ok, message = pcall(function()
  local study = require "results".read(out)
  os.execute(("mkdir -p '%s/figures'"):format(out:gsub("'", "'\\''")))
  require "tables" (study, out)
  require "figures" (study, out)
  local page = require "contents" (study)
  require "files".write(out .. "/report.md", require "markdown" (page))
  require "files".write(out .. "/report.html", require "html" (page, out))
  local longest = 9
  for _, net in ipairs(study.nets) do longest = math.max(longest, #net.name) end
  for _, net in ipairs(study.nets) do
    local judged = not study.of_digits and "  " .. net.verdict or
      study.comparable and ("  report %.3f %-12s  witness %.3f %s"):format(net.report, net.verdict,
        net.witness, net.witness_verdict) or ""
    print(("%-" .. longest .. "s %s (%s)%s"):format(net.name, words.value(study, net.mean),
      study.of_digits and words.share(net.deviation) or words.deviation(study, net.deviation), judged))
  end
  if study.of_digits and not study.comparable then
    print("not compared with the report: " .. table.concat(study.departures, ", "))
  end
  print(("report: %s/report.html"):format(out))
end)
if not ok then
  io.stderr:write("tools/study: ", tostring(message), "\n")
  os.exit(1)
end
