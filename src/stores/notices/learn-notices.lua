-- Stores notices of one brand and records the change.
--
-- KEYS[1]  notices of the brand: hash, id -> "<change> <notice>"
-- KEYS[2]  changes: sorted set of brands by their last change
-- KEYS[3]  number of the last change
-- ARGV[1]  the brand
-- ARGV[2]  maximum number of notices per brand
-- ARGV[3]  maximum number of brands
-- ARGV[4]  retention of a brand after its last change, seconds
-- ARGV[5]  number of ids to delete, which follow, then pairs of id and notice to store
-- Returns  {brand, …}: brands above the limit, which are no longer listed and whose notices must be deleted

local call = redis.call
local change = call('INCR', KEYS[3])
local first = 6 + tonumber(ARGV[5])
for i = 6, first - 1 do call('HDEL', KEYS[1], ARGV[i]) end
for i = first, #ARGV, 2 do call('HSET', KEYS[1], ARGV[i], change .. ' ' .. ARGV[i + 1]) end

local most = tonumber(ARGV[2])
if call('HLEN', KEYS[1]) > most then
  local flat, known = call('HGETALL', KEYS[1]), {}
  for i = 1, #flat, 2 do known[#known + 1] = { flat[i], tonumber(string.match(flat[i + 1], '^%d+')) } end
  table.sort(known, function(a, b) return a[2] < b[2] end)
  for i = 1, #known - most do call('HDEL', KEYS[1], known[i][1]) end
end

call('ZADD', KEYS[2], change, ARGV[1])
call('EXPIRE', KEYS[1], ARGV[4])
call('EXPIRE', KEYS[2], ARGV[4])
call('EXPIRE', KEYS[3], ARGV[4])
local over = call('ZCARD', KEYS[2]) - tonumber(ARGV[3])
if over <= 0 then return {} end
local dropped = {}
for i, brand in ipairs(call('ZPOPMIN', KEYS[2], over)) do
  if i % 2 == 1 then dropped[#dropped + 1] = brand end
end
return dropped
