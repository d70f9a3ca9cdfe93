-- The first event time of the store: set by the first instance that counts, kept as long as the baselines.
-- KEYS[1]  since: string, epoch ms
-- ARGV[1]  what it is if nothing is there
-- ARGV[2]  seconds that it lives on
-- Returns  the first event time, as text
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
