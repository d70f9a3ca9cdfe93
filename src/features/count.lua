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
--
-- A rate hash has a field a minute, cmsgpack of 21 integers: commercial, notice, fraud of the minute, then of its six
-- ten-second buckets; and "w": the newest bucket, the hour that is open in the baseline (or -1), then (when they have
-- been asked for) the sums of the windows that end with the newest bucket, without that bucket itself. So a touch costs
-- two commands, and windows are added up once a bucket.
-- Keys of the HyperLogLogs of a member set are derived from the key of the set and lie in the same slot.

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

-- Folds a value into an exponentially weighted mean and variance {mean, variance, n}.
local function fold(stat, x, alpha)
  if stat[3] == 0 then return { x, 0, 1 } end
  local d = x - stat[1]
  return { stat[1] + alpha * d, (1 - alpha) * (stat[2] + alpha * d * d), stat[3] + 1 }
end

local function stat_of(packed)
  return packed and { unpack_(packed) } or { 0, 0, 0 }
end

-- The hours from `open` (with `count` commercial messages) to the one before `hour` are over: train the baseline.
local function close_hours(key, open, count, hour)
  local recent = stat_of(call('HGET', key, 'recent'))
  for h = math.max(open, hour - limits.foldHours), hour - 1 do
    local unseen = math.min(math.max((since - h * 3600000) / 60000, 0), 60)
    local covered = 60 - unseen - missing(h * 360, h * 360 + 359) / 6
    if covered > limits.coveredMinutes then
      local field = tostring(h % 24)
      local stat = stat_of(call('HGET', key, field))
      local x = (h == open and count or 0) / covered
      x = math.min(x, limits.clipFactor * math.max(stat[1], recent[1]) + limits.clipFloor)
      call('HSET', key, field, pack(unpack(fold(stat, x, limits.hourAlpha))))
      recent = fold(recent, x, limits.recentAlpha)
    end
  end
  call('HSET', key, 'recent', pack(unpack(recent)))
end

-- "first": first bucket; "hour": the hour that is open; "open": its commercial count so far; "0"…"23", "recent": stats.
local function train(key, bucket, commercial)
  local hour = floor(bucket / 360)
  local got = call('HMGET', key, 'hour', 'first', 'open')
  local open = tonumber(got[1])
  if not open then
    call('HSET', key, 'hour', hour, 'first', bucket, 'open', commercial)
    call('EXPIRE', key, limits.baselineTtl)
    return
  end
  if hour > open then
    close_hours(key, open, tonumber(got[3]), hour)
    call('HSET', key, 'hour', hour, 'open', commercial)
    call('EXPIRE', key, limits.baselineTtl)
  elseif hour == open and commercial > 0 then
    call('HINCRBY', key, 'open', commercial)
  end
  if bucket < tonumber(got[2]) then call('HSET', key, 'first', bucket) end
end

local function real(x)
  return string.format('%.17g', x)
end

local rates, members, tallies = {}, {}, {}

-- Sums over the windows that end with bucket `b`, without `b` itself: three counts each for 1, 10 and 60 minutes, then
-- the commercial count of the trailing hour without its last ten minutes. `all`: minute -> packed or unpacked counts.
local function windows_before(all, b)
  local c1, n1, f1, c10, n10, f10, c60, n60, f60, trailing = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  local minute = floor(b / 6)
  for m, counts in pairs(all) do
    local d = minute - m
    if d >= 0 and d < 60 then
      if d > 1 and d ~= 10 then
        local c, n, f
        if type(counts) == 'table' then
          c, n, f = counts[1], counts[2], counts[3]
        else
          local _
          _, c, n, f = unpack_limit(counts, 3, 0)
        end
        c60, n60, f60 = c60 + c, n60 + n, f60 + f
        if d < 10 then
          c10, n10, f10 = c10 + c, n10 + n, f10 + f
        else
          trailing = trailing + c
        end
      else
        if type(counts) ~= 'table' then counts = { unpack_(counts) } end
        if d == 10 then trailing = trailing + counts[1] end
        for slot = 0, 5 do
          local at = m * 6 + slot
          if at < b then
            local i = 4 + 3 * slot
            local c, n, f = counts[i], counts[i + 1], counts[i + 2]
            c60, n60, f60 = c60 + c, n60 + n, f60 + f
            if at > b - 60 then c10, n10, f10 = c10 + c, n10 + n, f10 + f end
            if at > b - 6 then c1, n1, f1 = c1 + c, n1 + n, f1 + f end
          end
        end
      end
    end
  end
  return { c1, n1, f1, c10, n10, f10, c60, n60, f60, trailing }
end

local function count_rate(group, index, e, weight)
  local key, report = KEYS[e[1]], e[3]
  local baseline = e[2] > 0 and KEYS[e[2]] or nil

  -- The memo and the minutes touched, in one read.
  local fields, got
  if #e == 7 then
    fields = { 'w', floor(e[4] / 6) }
    got = call('HMGET', key, 'w', fields[2])
  else
    fields = { 'w' }
    for i = 4, #e, 4 do
      local m = floor(e[i] / 6)
      if fields[#fields] ~= m then fields[#fields + 1] = m end
    end
    got = call('HMGET', key, unpack(fields))
  end
  local memo = got[1] and { unpack_(got[1]) } or nil
  local newest = memo and memo[1]
  local before = newest
  local minutes = {}
  for i = 2, #fields do
    if got[i] then minutes[fields[i]] = { unpack_(got[i]) } end
  end
  local sums
  if memo and #memo > 2 then
    sums = {}
    for i = 1, 10 do sums[i] = memo[i + 2] end
  end
  local open_hour = memo and memo[2] or -1
  -- Every minute of the entity; read when a window is first asked for. Nothing is there without a memo.
  local all = memo == nil and minutes or nil
  local function everything()
    if all then return all end
    all = {}
    local flat = call('HGETALL', key)
    for i = 1, #flat, 2 do
      if flat[i] ~= 'w' then all[tonumber(flat[i])] = flat[i + 1] end
    end
    for m, counts in pairs(minutes) do all[m] = counts end
    return all
  end

  local dirty, memo_dirty = {}, false
  local last_read

  local function read(b)
    last_read = b
    local rest
    if b == newest then
      if not sums then
        sums, memo_dirty = windows_before(everything(), b), true
      end
      rest = sums
    else
      rest = windows_before(everything(), b)
    end
    local minute = floor(b / 6)
    local counts = minutes[minute]
    if not counts then
      local packed = call('HGET', key, minute)
      counts = packed and { unpack_(packed) } or nil
    end
    local c, n, f = 0, 0, 0
    if counts then
      local i = 4 + 3 * (b % 6)
      c, n, f = counts[i], counts[i + 1], counts[i + 2]
    end
    if rest[4] + c + rest[6] + f < report then return end
    local incomplete = missing(b - 59, b) >= limits.incompleteM10
    if baseline and not incomplete then
      incomplete = missing((minute - 59) * 6, b) >= limits.incompleteH1
    end
    local row = {
      group, index, b,
      rest[1] + c, rest[2] + n, rest[3] + f,
      rest[4] + c, rest[5] + n, rest[6] + f,
      rest[7] + c, rest[8] + n, rest[9] + f,
      incomplete and 1 or 0,
    }
    if baseline then
      local stats = call('HMGET', baseline, 'first', floor(b / 360) % 24, 'recent')
      if stats[1] then
        local hour, recent = stat_of(stats[2]), stat_of(stats[3])
        row[14], row[15] = tonumber(stats[1]), rest[10]
        row[16], row[17], row[18] = real(hour[1]), real(hour[2]), hour[3]
        row[19], row[20], row[21] = real(recent[1]), real(recent[2]), recent[3]
      end
    end
    rates[#rates + 1] = row
  end

  for i = 4, #e, 4 do
    local b, c, n, f = e[i], e[i + 1] * weight, e[i + 2] * weight, e[i + 3] * weight
    local minute = floor(b / 6)
    local kept = newest == nil or minute > floor(newest / 6) - 60
    if kept and c + n + f > 0 then
      if newest == nil or b > newest then
        newest, memo_dirty = b, true
        sums = nil
      elseif b < newest and sums then
        local d = floor(newest / 6) - minute
        if b > newest - 6 then sums[1], sums[2], sums[3] = sums[1] + c, sums[2] + n, sums[3] + f end
        if b > newest - 60 then sums[4], sums[5], sums[6] = sums[4] + c, sums[5] + n, sums[6] + f end
        sums[7], sums[8], sums[9] = sums[7] + c, sums[8] + n, sums[9] + f
        if d >= 10 then sums[10] = sums[10] + c end
        memo_dirty = true
      end
      if baseline then
        local hour = floor(b / 360)
        if hour == open_hour and b == newest then
          if c > 0 then call('HINCRBY', baseline, 'open', c) end
        else
          train(baseline, b, c)
          if hour > open_hour then open_hour, memo_dirty = hour, true end
        end
      end
      local counts = minutes[minute]
      if not counts then
        counts = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
        minutes[minute] = counts
        if all then all[minute] = counts end
      end
      local slot = 4 + 3 * (b % 6)
      counts[1], counts[2], counts[3] = counts[1] + c, counts[2] + n, counts[3] + f
      counts[slot], counts[slot + 1], counts[slot + 2] = counts[slot] + c, counts[slot + 1] + n, counts[slot + 2] + f
      dirty[minute] = counts
    end
    if kept and report >= 0 and newest and b <= newest then read(b) end
  end
  -- What came late is also part of the windows that end with the newest bucket.
  if last_read and last_read ~= newest then read(newest) end

  local writes = {}
  for minute, counts in pairs(dirty) do
    if minute > floor(newest / 6) - 60 then
      writes[#writes + 1] = minute
      writes[#writes + 1] = pack(unpack(counts))
    end
  end
  if memo_dirty then
    writes[#writes + 1] = 'w'
    writes[#writes + 1] = sums and pack(newest, open_hour, unpack(sums)) or pack(newest, open_hour)
  end
  if #writes > 0 then call('HSET', key, unpack(writes)) end
  if newest and (before == nil or floor(newest / 6) > floor(before / 6)) then
    call('EXPIRE', key, limits.rateTtl)
    if before then
      local gone = {}
      for m = floor(before / 6) - 59, math.min(floor(newest / 6) - 60, floor(before / 6)) do gone[#gone + 1] = m end
      if #gone > 0 then call('HDEL', key, unpack(gone)) end
    end
  end
end

-- Byte by byte: the order of the locale would differ between servers.
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- A member set: ":<name>" -> count and last event time (ms); "n": the newest event time of the set, and how many names
-- are there, forgotten ones included until they are next looked at.
local function count_members(group, index, e, weight)
  local key, window, report, min_count = KEYS[e[1]], e[2], e[3], e[4]
  local fields, names = { 'n' }, {}
  for i = 5, #e, 3 do fields[#fields + 1] = ':' .. e[i] end
  local got = call('HMGET', key, unpack(fields))
  local stored, size
  if got[1] then stored, size = unpack_(got[1]) end
  local newest = stored
  size = size or 0
  for i = 5, #e, 3 do
    if e[i + 1] * weight > 0 and (newest == nil or e[i + 2] > newest) then newest = e[i + 2] end
  end
  if newest == nil then return end

  local writes = {}
  for i = 5, #e, 3 do
    local count, last = e[i + 1] * weight, e[i + 2]
    if count > 0 and last >= newest - window then
      local packed = got[2 + (i - 5) / 3]
      if packed then
        local old_count, old_last = unpack_(packed)
        if last - old_last <= window then count = count + old_count end
        if old_last > last then last = old_last end
      else
        size = size + 1
      end
      local name = ':' .. e[i]
      names[#names + 1] = name
      writes[#writes + 1] = name
      writes[#writes + 1] = pack(count, last)
    end
  end

  local cap = limits.memberCap
  local look = size > cap or (report >= 0 and size >= math.min(report, cap))
  if #writes > 0 then
    if not look then
      writes[#writes + 1] = 'n'
      writes[#writes + 1] = pack(newest, size)
    end
    for from = 1, #writes, 1000 do
      call('HSET', key, unpack(writes, from, math.min(from + 999, #writes)))
    end
    -- The slack is an hour: once a minute is enough.
    if stored == nil or floor(newest / 60000) > floor(stored / 60000) then
      call('EXPIRE', key, math.ceil(window / 1000) + limits.memberSlack)
    end
  end
  if not look then return end

  local kept, gone = {}, {}
  local flat = call('HGETALL', key)
  for i = 1, #flat, 2 do
    if flat[i] ~= 'n' then
      local count, last = unpack_(flat[i + 1])
      if last < newest - window then
        gone[#gone + 1] = flat[i]
      else
        kept[#kept + 1] = { flat[i], count, last }
      end
    end
  end
  table.sort(kept, function(a, b)
    if a[3] ~= b[3] then return a[3] < b[3] end
    return a[1] ~= b[1] and precedes(a[1], b[1])
  end)

  local estimate
  if #kept >= cap then
    local half = floor(newest / (window / 2))
    local current, previous = key .. ':' .. half, key .. ':' .. (half - 1)
    local live = call('EXISTS', current, previous) > 0
    if live or #kept > cap then
      if not live then
        names = {}
        for i, member in ipairs(kept) do names[i] = member[1] end
      end
      for _, name in ipairs(names) do call('PFADD', current, name) end
      call('EXPIRE', current, math.ceil(window / 1000) + limits.memberSlack)
      estimate = call('PFCOUNT', current, previous)
    end
  end
  local first = math.max(#kept - cap, 0) + 1
  for i = 1, first - 1 do gone[#gone + 1] = kept[i][1] end
  for from = 1, #gone, 1000 do
    call('HDEL', key, unpack(gone, from, math.min(from + 999, #gone)))
  end
  call('HSET', key, 'n', pack(newest, #kept - first + 1))
  if report < 0 then return end

  local row, qualifying, total = { group, index, 0, 0 }, 0, 0
  for i = first, #kept do
    local member = kept[i]
    total = total + member[2]
    if member[2] >= min_count then
      qualifying = qualifying + 1
      row[#row + 1] = string.sub(member[1], 2)
      row[#row + 1] = member[3]
    end
  end
  if estimate then
    qualifying = math.max(qualifying, floor(estimate * qualifying / cap + 0.5))
  end
  if qualifying >= report then
    row[3], row[4] = qualifying, total
    members[#members + 1] = row
  end
end

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
