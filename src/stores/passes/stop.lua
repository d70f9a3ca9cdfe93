-- Records that a part was stopped.
-- KEYS[1]: what stopped its SMS
-- ARGV[1]: the cause, as text; ARGV[2]: TTL in seconds
-- Returns nothing.
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
