-- Which brands changed after a mark, the one that changed longest ago first.
--
-- KEYS[1]  changes: sorted set of brands by their last change
-- KEYS[2]  number of the last change
-- ARGV[1]  the mark: a number of a change
-- ARGV[2]  most brands
-- Returns  {mark of the last of them, {brand, change, …}}; all brands where the mark is ahead of the last change: what was
--          kept is gone

local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local after = tonumber(ARGV[1])
if after > last then after = 0 end
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
if #found > 0 then last = tonumber(found[#found]) end
return { last, found }
