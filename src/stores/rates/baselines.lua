-- Mean rates of commercial messages per minute, as trained by count.lua.
--
-- KEYS     baseline keys of one shard
-- ARGV[1]  UTC hour since the epoch
-- Returns  for each key {hour's mean, variance, days, recent mean, variance, hours} as text; {} if there is no baseline.
--          The given hour itself, if already closed, does not count as an earlier day.
local hour = tonumber(ARGV[1])
local all = {}
for i, key in ipairs(KEYS) do
  local got = redis.call('HMGET', key, 'hour', tostring(hour % 24), 'recent')
  local entry = {}
  if got[1] then
    local own = got[2] and { cmsgpack.unpack(got[2]) } or { 0, 0, 0 }
    local recent = got[3] and { cmsgpack.unpack(got[3]) } or { 0, 0, 0 }
    if tonumber(got[1]) > hour then own[3] = own[3] - 1 end
    for _, stat in ipairs({ own, recent }) do
      for _, x in ipairs(stat) do entry[#entry + 1] = string.format('%.17g', x) end
    end
  end
  all[i] = entry
end
return all
