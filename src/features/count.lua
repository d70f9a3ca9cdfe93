-- Counts what a batch adds to one shard, all or nothing, and reads what it touched.
--
-- KEYS[1]  offsets: hash, "<topic>/<partition>" -> last counted offset
-- KEYS[2]  missing: hash, minute -> mask of its ten-second buckets that were not counted (mark-missing.lua)
-- KEYS[3…] keys of the payload, named there by their index
-- ARGV[1]  payload, JSON: {"offsets": [field, expected, next, …], "since": first event time of the store (ms),
--          "groups": [[once key or 0, rates, members, tallies, sent], …]}, where
--            rate   = [key, baseline key or 0, report from or -1, bucket, commercial, notice, fraud, bucket, …]
--            member = [key, window ms, report from or -1, min count, name, count, last ms, name, …]
--            tally  = [key, key of the half window before, field, count, report from or -1, ttl s]
--            sent   = [key, field, count]
--          Buckets ascend. A count of 0 was counted before: it is read, not counted.
-- ARGV[2]  the numbers of layout.ts (LIMITS), JSON
-- Returns  {0, stored offsets in the order of the payload} when an offset is not the expected one: nothing was counted;
--          {1, rate readings, member readings, tally readings}; group and index from 1, real numbers as text:
--            rate   = {group, index, bucket, nine counts, incomplete 0/1 [, first bucket, trailing count, hour's mean,
--                      variance, days, recent mean, variance, hours]}
--            member = {group, index, qualifying, total, name, last ms, name, …}
--            tally  = {group, index, count}

local floor = math.floor
local call = redis.call
local pack, unpack_, unpack_limit = cmsgpack.pack, cmsgpack.unpack, cmsgpack.unpack_limit

local payload = cjson.decode(ARGV[1])
local limits = cjson.decode(ARGV[2])
local since = payload.since

local offsets = payload.offsets
if #offsets > 0 then
  local fields = {}
  for i = 1, #offsets, 3 do fields[#fields + 1] = offsets[i] end
  local stored = call('HMGET', KEYS[1], unpack(fields))
  local refused = false
  for i = 1, #fields do
    stored[i] = tonumber(stored[i] or -1)
    if stored[i] ~= offsets[3 * i - 1] then refused = true end
  end
  if refused then return { 0, stored } end
end

local any_missing = call('EXISTS', KEYS[2]) == 1

-- Buckets from `from` to `to` that were not counted.
local function missing(from, to)
  if not any_missing then return 0 end
  local minutes = {}
  for m = floor(from / 6), floor(to / 6) do minutes[#minutes + 1] = m end
  local count = 0
  for i, mask in ipairs(call('HMGET', KEYS[2], unpack(minutes))) do
    if mask then
      mask = tonumber(mask)
      for slot = 0, 5 do
        local b = minutes[i] * 6 + slot
        if b >= from and b <= to and floor(mask / 2 ^ slot) % 2 == 1 then count = count + 1 end
      end
    end
  end
  return count
end

-- include: count-rates.lua
-- include: count-members.lua

-- Gives a hash that expires whole its time, once: with its first field. An EXPIRE a field would go to every replica.
local function expire_new(key, ttl)
  if call('HLEN', key) == 1 then call('EXPIRE', key, ttl) end
end

local function count_tally(group, index, e, weight)
  local key, field, count, report = KEYS[e[1]], e[3], e[4] * weight, e[5]
  local value
  if count > 0 then
    value = call('HINCRBY', key, field, count)
    if value == count then expire_new(key, e[6]) end
  end
  if report < 0 then return end
  value = (value or tonumber(call('HGET', key, field) or 0)) + tonumber(call('HGET', KEYS[e[2]], field) or 0)
  if value >= report then tallies[#tallies + 1] = { group, index, value } end
end

for g, group in ipairs(payload.groups) do
  local weight = 1
  if group[1] > 0 and not call('SET', KEYS[group[1]], 1, 'NX', 'EX', limits.onceTtl) then weight = 0 end
  for i, e in ipairs(group[2]) do count_rate(g, i, e, weight) end
  for i, e in ipairs(group[3]) do count_members(g, i, e, weight) end
  for i, e in ipairs(group[4]) do count_tally(g, i, e, weight) end
  if weight > 0 then
    for _, e in ipairs(group[5]) do
      if call('HINCRBY', KEYS[e[1]], e[2], e[3]) == e[3] then expire_new(KEYS[e[1]], limits.sentTtl) end
    end
  end
end

for i = 1, #offsets, 3 do call('HSET', KEYS[1], offsets[i], offsets[i + 2]) end

return { 1, rates, members, tallies }
