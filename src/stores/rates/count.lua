-- Counts a batch in one shard, all or nothing, and reads the counts it touched.
--
-- KEYS[1]  offsets: hash, "<topic>/<partition>" -> last counted offset; "epoch" (assign.lua). All other keys of the shard
--          share its prefix, up to "offsets"; a batch has thousands, which are passed as keys on a Cluster only
-- KEYS[2]  missing: hash, minute -> mask of its uncounted ten-second buckets (mark-missing.lua)
-- ARGV[1]  payload, JSON: {"epoch": [expected or '' for any, value to set if there is none],
--          "offsets": [field, expected, next, …], "missing": [minute, mask, …] to mark first,
--          "since": first event time of the store (ms), "heard": [id of the token key, hour of event time],
--          "feed": [[home, from minute, to minute, share, …], …]: absences of the whole input, then of one partition each
--          (feed.ts), "groups": [[once or 0, rates, members, tallies, sent, fanouts], …]}, where
--            rate    = [entity, index in "feed" for a baseline or 0, report from or -1, bucket, commercial, notice,
--                       fraud, bucket, …]
--            member  = [entity, window ms, report from or -1, min count, name, count, last ms, name, …]
--            tallies = [keys of a half-window, of the previous one, report from or -1, TTL s, names of eight characters each,
--                       hash, count, hash, …], indexed across all tallies of a group
--            sent    = [key of a day without the slot, slot, field, count, slot, …]
--            fanouts = [key of a filter, of the previous one, number, number, …], indexed likewise. A number is
--                      [key of its texts, of the previous ones, field, the same three for its series, then for each text the
--                      hash and mask of the pair, signs, signs, five-minute bucket, count, report from, report series from or -1]
--          Entities and keys are named as in layout.ts. Buckets ascend. A count of 0 was counted before: it is only read.
-- Returns  {0, stored offsets in the order of the payload, epoch or ''} if an offset or the epoch is not the expected
--          one and nothing was counted;
--          {1, rate readings, member readings, tally readings, epoch, fan-out readings, hour since which recipients are
--          remembered}; group and index from 1, real numbers as text:
--            rate   = {group, index, bucket, nine counts, incomplete 0/1 [, first bucket, trailing count, hour's mean,
--                      variance, days, recent mean, variance, hours, four counts of earlier stretches]}
--            member = {group, index, qualifying, total, name, last ms, name, …}
--            tally  = {group, index, count}
--            fanout = {group, index, index of the text, strangers, numbers}

local floor = math.floor
local call = redis.call
local prefix = string.sub(KEYS[1], 1, -8)
local pack, unpack_, unpack_limit = cmsgpack.pack, cmsgpack.unpack, cmsgpack.unpack_limit

local payload = cjson.decode(ARGV[1])
-- The numbers of LIMITS in layout.ts.
-- constants: limits
-- The numbers of FANOUT in fanouts.ts.
-- constants: fanout
local since = payload.since

local offsets = payload.offsets
local fields = { 'epoch', 'heard' }
for i = 1, #offsets, 3 do fields[#fields + 1] = offsets[i] end
local stored = call('HMGET', KEYS[1], unpack(fields))
local epoch = table.remove(stored, 1) or ''
local heard = table.remove(stored, 1)
local refused = payload.epoch[1] ~= '' and payload.epoch[1] ~= epoch
for i = 1, #stored do
  stored[i] = tonumber(stored[i] or -1)
  if stored[i] ~= offsets[3 * i - 1] then refused = true end
end
if refused then return { 0, stored, epoch } end
if epoch == '' then
  epoch = payload.epoch[2]
  call('HSET', KEYS[1], 'epoch', epoch)
end

-- Time since which recipients are remembered without a gap: see heardAt in fanouts.ts.
local function heard_since(id, hour)
  local of, since, newest = string.match(heard or '', '^(%S+) (%d+) (%d+)$')
  since, newest = tonumber(since), tonumber(newest)
  if of ~= id or hour - newest > fanout.gapHours or since - hour > fanout.gapHours then
    since, newest = hour + 1, -1
  end
  if hour > newest then call('HSET', KEYS[1], 'heard', id .. ' ' .. since .. ' ' .. hour) end
  return since
end

-- include: missing.lua
if #payload.missing > 0 then mark_missing(payload.missing) end

local any_missing = call('EXISTS', KEYS[2]) == 1

-- Number of uncounted buckets between `from` and `to`.
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

-- Sets the TTL of a hash that expires as a whole, with its first field only: every EXPIRE is replicated.
local function expire_new(key, ttl)
  if call('HLEN', key) == 1 then call('EXPIRE', key, ttl) end
end

-- include: count-tallies.lua
-- include: count-fanouts.lua

for g, group in ipairs(payload.groups) do
  local weight = 1
  if group[1] ~= 0 and not call('SET', prefix .. group[1], 1, 'NX', 'EX', limits.onceTtl) then weight = 0 end
  for i, e in ipairs(group[2]) do count_rate(g, i, e, weight) end
  for i, e in ipairs(group[3]) do count_members(g, i, e, weight) end
  local index = 0
  for _, e in ipairs(group[4]) do index = count_tallies(g, index, e, weight) end
  local number = 0
  for _, family in ipairs(group[6]) do number = count_fanouts(g, number, family, weight) end
  if weight > 0 then
    for _, e in ipairs(group[5]) do
      for i = 2, #e, 3 do
        local key = prefix .. e[1] .. e[i]
        if call('HINCRBY', key, e[i + 1], e[i + 2]) == e[i + 2] then expire_new(key, limits.sentTtl) end
      end
    end
  end
end

for i = 1, #offsets, 3 do call('HSET', KEYS[1], offsets[i], offsets[i + 2]) end

return { 1, rates, members, tallies, epoch, fanouts, heard_since(payload.heard[1], payload.heard[2]) }
