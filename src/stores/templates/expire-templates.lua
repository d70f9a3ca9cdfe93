-- Deletes templates that ended before a given time.
--
-- KEYS     as in keep-template
-- ARGV[1]  epoch ms
-- ARGV[2]  maximum number of templates
-- Returns  {sketch, …}

local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
if #gone > 0 then
  redis.call('HDEL', KEYS[1], unpack(gone))
  redis.call('ZREM', KEYS[2], unpack(gone))
  redis.call('ZREM', KEYS[3], unpack(gone))
end
return gone
