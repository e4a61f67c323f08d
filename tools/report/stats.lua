local stats = {}

function stats.mean(values)
  local sum = 0
  for _, v in ipairs(values) do sum = sum + v end
  return sum / #values
end

-- Of a sample: divided by n - 1; 0 for a single value.
function stats.deviation(values)
  if #values < 2 then return 0 end
  local mean, sum = stats.mean(values), 0
  for _, v in ipairs(values) do sum = sum + (v - mean) ^ 2 end
  return math.sqrt(sum / (#values - 1))
end

-- Between the two nearest values, in proportion (type 7 of Hyndman and Fan, 1996).
function stats.quantile(values, p)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  local at = 1 + (#sorted - 1) * p
  local low = math.floor(at)
  local high = math.min(low + 1, #sorted)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
end

-- Standard error of a mean accuracy over rounds: the draw of the test pairs, at the accuracy that it
-- is compared with, and the spread over rounds.
function stats.error_of(accuracy, pairs, deviation, rounds)
  return math.sqrt(accuracy * (1 - accuracy) / pairs + deviation ^ 2 / rounds)
end

return stats
