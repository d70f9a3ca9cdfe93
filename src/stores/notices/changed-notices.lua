-- Which brands changed after a mark.
--
-- KEYS[1]  changes: sorted set of brands by their last change
-- KEYS[2]  number of the last change
-- ARGV[1]  the mark: a number of a change
-- Returns  {last change, {brand, …}}; all brands where the mark is ahead of the last change: what was kept is gone

local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local after = tonumber(ARGV[1])
if after > last then after = 0 end
return { last, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. after, '+inf') }
