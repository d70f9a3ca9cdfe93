-- Returns the brands that changed after a given change number, oldest change first.
--
-- KEYS[1]  changes: sorted set of brands by their last change
-- KEYS[2]  number of the last change
-- ARGV[1]  change number to start after
-- ARGV[2]  maximum number of brands
-- Returns  {number of the last change returned, {brand, change, …}}; all brands if ARGV[1] is ahead of the last change, which
--          means that data was lost

local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local after = tonumber(ARGV[1])
if after > last then after = 0 end
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
if #found > 0 then last = tonumber(found[#found]) end
return { last, found }
