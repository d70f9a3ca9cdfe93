-- Which templates changed after a mark, the one that changed longest ago first.
--
-- KEYS     as of keep-template
-- ARGV[1]  the mark: a number of a change
-- ARGV[2]  most templates
-- Returns  {mark of the last of them, 1: the mark is ahead of the last change and all are given, {JSON, …}}

local last = tonumber(redis.call('GET', KEYS[4]) or 0)
local after = tonumber(ARGV[1])
local lost = after > last and 1 or 0
if lost == 1 then after = 0 end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
if #found == 0 then return { last, lost, {} } end
local sketches = {}
for i = 1, #found, 2 do sketches[#sketches + 1] = found[i] end
return { tonumber(found[#found]), lost, redis.call('HMGET', KEYS[1], unpack(sketches)) }
