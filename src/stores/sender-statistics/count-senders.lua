-- Counts what a batch adds to the minutes of one partition, all or nothing.
--
-- KEYS[1]  last counted offset
-- KEYS[2]  states of minutes: hash, minute -> version, "t<minute>" -> wall clock of the last addition (ms)
-- KEYS[3…] keys of the payload, named there by their index: hashes of a minute, `once` keys
-- ARGV[1]  offset that is expected, -1 for none
-- ARGV[2]  offset to be stored; equal to the expected one: none was reached
-- ARGV[3]  wall clock, ms
-- ARGV[4]  seconds that a minute is kept after its last addition
-- ARGV[5]  fields that a minute may have
-- ARGV[6]  groups, JSON: [[once key or 0, [[key, minute, [field, count, …], [enterprise field, enterprise, …]], …]], …]
-- Returns  {0, stored offset} when the offset is not the expected one: nothing was counted; else {1}

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
