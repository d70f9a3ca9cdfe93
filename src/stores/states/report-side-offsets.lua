-- Records how far side topics have taken effect; offsets never go back.
-- KEYS[1] side offsets (hash: partition -> "<newest timestamp> <next offset>")
-- ARGV    partition, newest timestamp of the rows read, next offset; and so on
for i = 1, #ARGV, 3 do
  local timestamp, offset = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local before_timestamp, before_offset = string.match(held or '-1 -1', '^(%S+) (%S+)$')
  before_timestamp, before_offset = tonumber(before_timestamp), tonumber(before_offset)
  if timestamp > before_timestamp or (timestamp == before_timestamp and offset > before_offset) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
return 1
