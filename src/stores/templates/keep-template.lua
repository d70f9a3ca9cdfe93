-- Writes a template if the stored one is as expected, and records the change.
--
-- KEYS[1]  templates: hash, sketch -> JSON
-- KEYS[2]  changes: sorted set of sketches by their last change
-- KEYS[3]  ends: sorted set of sketches by `until`, epoch ms
-- KEYS[4]  number of the last change
-- ARGV[1]  the sketch
-- ARGV[2]  expected JSON; empty if none is stored
-- ARGV[3]  new JSON
-- ARGV[4]  `until`, epoch ms
-- ARGV[5]  maximum number of templates: the one that ends first is dropped
-- ARGV[6]  TTL of all templates after the last change, seconds
-- Returns  1 if written, 0 if the stored template differs

local call = redis.call
if (call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
call('HSET', KEYS[1], ARGV[1], ARGV[3])
call('ZADD', KEYS[2], call('INCR', KEYS[4]), ARGV[1])
call('ZADD', KEYS[3], ARGV[4], ARGV[1])
local over = call('ZCARD', KEYS[3]) - tonumber(ARGV[5])
if over > 0 then
  for i, sketch in ipairs(call('ZPOPMIN', KEYS[3], over)) do
    if i % 2 == 1 then
      call('HDEL', KEYS[1], sketch)
      call('ZREM', KEYS[2], sketch)
    end
  end
end
for i = 1, 4 do call('EXPIRE', KEYS[i], ARGV[6]) end
return 1
