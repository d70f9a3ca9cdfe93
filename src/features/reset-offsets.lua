-- Forgets what a shard has counted of partitions whose log was made anew.
-- KEYS[1]  offsets: hash
-- ARGV     "<topic>/<partition>", …
-- Returns  how many were there
return redis.call('HDEL', KEYS[1], unpack(ARGV))
