-- include: ../../adapters/redis/epoch.lua
-- Records which signatures a port sent to subscribers: the last four of each, newest first.
-- KEYS[1]  meta: the keys of all rows of the shard share its prefix, up to "meta"
-- ARGV[2]  TTL of the hash of a month in seconds, from its first row on
-- ARGV[3]  rows, JSON: [hash (a month of one slot), field, signature, event time in base 36, first event time of a moved row
--          (else ''), hash, …]
-- returns  epoch and change count of the shard
-- A field contains entries {signature, last event time, first event time}.
local call = redis.call
local prefix = string.sub(KEYS[1], 1, -5)
local rows = cjson.decode(ARGV[3])
local function after(a, b)
  return #a > #b or (#a == #b and a > b)
end
for i = 1, #rows, 5 do
  local key, field, signature, ts, from = prefix .. rows[i], rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4]
  if from == '' then from = ts end
  local own = { signature, ts, from }
  local list = { own }
  local known = call('HGET', key, field)
  if known then
    for _, entry in ipairs(cjson.decode(known)) do
      if entry[1] == signature then
        local first = entry[3] or entry[2]
        if after(entry[2], own[2]) then own[2] = entry[2] end
        if after(own[3], first) then own[3] = first end
      elseif #list < 4 then
        list[#list + 1] = entry
      end
    end
  end
  if call('HSET', key, field, cjson.encode(list)) == 1 and call('HLEN', key) == 1 then
    call('EXPIRE', key, ARGV[2])
  end
end
return meta()
