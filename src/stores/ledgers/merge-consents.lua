-- include: ../../adapters/redis/epoch.lua
-- Adds consent changes to pairs of one shard and keeps the newest two of each.
-- KEYS[i]  from 2 on: hash of a row
-- ARGV     from 2 on, for each row: field, then its changes "<ts in base 36><I|O|D>", newest first, joined by ","
--          (I: in, D: in by default, O: out)
-- returns  epoch and change count of the shard
local function read(packed, into)
  for ts, state in string.gmatch(packed, '([0-9a-z]+)([IOD])') do
    into[#into + 1] = { tonumber(ts, 36), ts .. state }
  end
end

local changed = false
for i = 2, #KEYS do
  local field, packed = ARGV[2 * i - 2], ARGV[2 * i - 1]
  local known = redis.call('HGET', KEYS[i], field)
  local changes, seen, kept = {}, {}, {}
  read(packed, changes)
  if known then read(known, changes) end
  table.sort(changes, function(a, b) return a[1] > b[1] end)
  for _, change in ipairs(changes) do
    if not seen[change[1]] and #kept < 2 then
      seen[change[1]] = true
      kept[#kept + 1] = change[2]
    end
  end
  local merged = table.concat(kept, ',')
  if merged ~= known then
    redis.call('HSET', KEYS[i], field, merged)
    changed = true
  end
end
if changed then redis.call('HINCRBY', KEYS[1], 'n', 1) end
return meta()
