-- KEYS    strings of one shard
-- Returns their values in order, false for missing ones.
return redis.call('MGET', unpack(KEYS))
