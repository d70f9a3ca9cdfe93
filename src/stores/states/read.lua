-- KEYS    strings of one shard
-- Returns their values in order, false where there is none.
return redis.call('MGET', unpack(KEYS))
