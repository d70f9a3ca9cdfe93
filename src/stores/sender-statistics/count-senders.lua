-- Adds a batch to the minutes of one partition, all or nothing.
--
-- KEYS[1]  last counted offset
-- KEYS[2]  states of minutes: hash, minute -> version, "t<minute>" -> wall clock of the last addition (ms)
-- KEYS[3…] keys named by index in the payload: hashes of a minute, `once` keys
-- ARGV[1]  expected offset, -1 for none
-- ARGV[2]  offset to store; equal to the expected one if the batch reached none
-- ARGV[3]  wall clock, ms
-- ARGV[4]  retention of a minute after its last addition, seconds
-- ARGV[5]  maximum number of fields of a minute
-- ARGV[6]  groups, JSON: [[once key or 0, [[key, minute, [field, count, …], [enterprise field, enterprise, …]], …]], …]
-- Returns  {1}, or {0, stored offset} if the offset is not the expected one and nothing was counted

local call = redis.call
local stored = tonumber(call('GET', KEYS[1]) or -1)
if stored ~= tonumber(ARGV[1]) then return { 0, stored } end

local now, kept, cap = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
for _, group in ipairs(cjson.decode(ARGV[6])) do
  if group[1] == 0 or call('SET', KEYS[group[1]], 1, 'NX', 'EX', kept) then
    for _, entry in ipairs(group[2]) do
      local key, minute, counts, enterprises = KEYS[entry[1]], entry[2], entry[3], entry[4]
      local room = cap - call('HLEN', key)
      for i = 1, #counts, 2 do
        if room > 0 then
          if call('HINCRBY', key, counts[i], counts[i + 1]) == counts[i + 1] then room = room - 1 end
        elseif call('HEXISTS', key, counts[i]) == 1 then
          call('HINCRBY', key, counts[i], counts[i + 1])
        end
      end
      for from = 1, #enterprises, 1000 do
        call('HSET', key, unpack(enterprises, from, math.min(from + 999, #enterprises)))
      end
      call('EXPIRE', key, kept)
      call('HINCRBY', KEYS[2], minute, 1)
      call('HSET', KEYS[2], 't' .. minute, now)
    end
  end
end
if ARGV[2] ~= ARGV[1] then call('SET', KEYS[1], ARGV[2]) end
return { 1 }
