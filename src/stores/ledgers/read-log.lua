-- include: ../../adapters/redis/epoch.lua
-- Reads the entries of one port and subscriber from several logs of one shard (log-sent.lua).
-- KEYS[i]  from 2 on: log; ARGV[i] is the prefix of the entries
-- returns  epoch and change count of the shard, then the lines of each log in order, '' if there are none
local out = meta()
for i = 2, #KEYS do
  local log, lines = redis.call('GET', KEYS[i]) or '', {}
  local from = 1
  while from do
    local at = string.find(log, ARGV[i], from, true)
    local ends = at and string.find(log, '\n', at, true)
    if ends and (at == 1 or string.byte(log, at - 1) == 10) then lines[#lines + 1] = string.sub(log, at, ends) end
    from = ends and ends + 1
  end
  out[i + 1] = table.concat(lines)
end
return out
