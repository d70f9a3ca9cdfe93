-- KEYS[1] outbox (hash)       KEYS[2] outbox by time (sorted set)
-- ARGV    entry ids
redis.call('HDEL', KEYS[1], unpack(ARGV))
return redis.call('ZREM', KEYS[2], unpack(ARGV))
