-- Records which version of a minute was written, and deletes old minutes.
--
-- KEYS[1]  states of minutes (count-senders.lua); "w<minute>" -> "<version> <wall clock, ms>"
-- ARGV[1]  wall clock, ms
-- ARGV[2]  number of minutes to delete; these follow, then pairs of minute and version
local now = ARGV[1]
local gone = tonumber(ARGV[2])
for i = 3, 2 + gone do redis.call('HDEL', KEYS[1], ARGV[i], 't' .. ARGV[i], 'w' .. ARGV[i]) end
for i = 3 + gone, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    redis.call('HSET', KEYS[1], 'w' .. ARGV[i], ARGV[i + 1] .. ' ' .. now)
  end
end
