-- Adds up the buckets of a rate entity (format: count.lua).
-- KEYS[1]  rate hash
-- ARGV[1]  number of minutes kept, counted back from the newest
-- Returns  commercial, notice, fraud
local newest = redis.call('HGET', KEYS[1], 'w')
local commercial, notice, fraud = 0, 0, 0
if newest then
  local _, bucket = cmsgpack.unpack_limit(newest, 1, 0)
  local minute = math.floor(bucket / 6)
  local flat = redis.call('HGETALL', KEYS[1])
  for i = 1, #flat, 2 do
    local m = tonumber(flat[i])
    if m and m > minute - tonumber(ARGV[1]) then
      local _, c, n, f = cmsgpack.unpack_limit(flat[i + 1], 3, 0)
      commercial, notice, fraud = commercial + c, notice + n, fraud + f
    end
  end
end
return { commercial, notice, fraud }
