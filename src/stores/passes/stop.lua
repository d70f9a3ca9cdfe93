-- Remembers that a part was kept back.
-- KEYS[1]: what stopped its SMS
-- ARGV[1]: by what, as text; ARGV[2]: seconds that it is kept
-- Returns nothing.
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
