-- KEYS[1] progress (hash: partition -> "<event time> <standing> <ms of the server>")
-- ARGV    partition, event time ('-' keeps the stored one; nothing is written if there is none), standing; and so on
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 1, #ARGV, 3 do
  local at = ARGV[i + 1]
  if at == '-' then
    at = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '', '^(%S+)')
  end
  if at then
    redis.call('HSET', KEYS[1], ARGV[i], at .. ' ' .. ARGV[i + 2] .. ' ' .. now)
  end
end
return 1
