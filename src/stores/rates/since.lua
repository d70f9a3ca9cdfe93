-- The first event time of the store: set by the first instance that counts, with the TTL of the baselines.
-- KEYS[1]  since: string, epoch ms
-- ARGV[1]  value to set if there is none
-- ARGV[2]  TTL, seconds
-- Returns  the first event time, as text
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
