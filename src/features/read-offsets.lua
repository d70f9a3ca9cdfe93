-- Reads what a shard has counted.
-- KEYS[1]  offsets: hash
-- ARGV     "<topic>/<partition>", …
-- Returns  the last counted offset of each, or nothing
return redis.call('HMGET', KEYS[1], unpack(ARGV))
