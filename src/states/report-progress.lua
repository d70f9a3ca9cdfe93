-- KEYS[1] progress (hash: partition -> "<event time> <idle> <ms of the server>")
-- ARGV    partition, event time, '1' when idle; and so on
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 1, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2] .. ' ' .. now)
end
return 1
