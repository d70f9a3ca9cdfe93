-- Returns the templates that changed after a given change number, oldest change first.
--
-- KEYS     as in keep-template
-- ARGV[1]  change number to start after
-- ARGV[2]  maximum number of templates
-- Returns  {number of the last change returned, 1 if ARGV[1] is ahead of the last change and all are returned, {JSON, …}}

local last = tonumber(redis.call('GET', KEYS[4]) or 0)
local after = tonumber(ARGV[1])
local lost = after > last and 1 or 0
if lost == 1 then after = 0 end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
if #found == 0 then return { last, lost, {} } end
local sketches = {}
for i = 1, #found, 2 do sketches[#sketches + 1] = found[i] end
return { tonumber(found[#found]), lost, redis.call('HMGET', KEYS[1], unpack(sketches)) }
