-- Rates and baselines (part of count.lua).
--
-- A rate hash has a field per minute, cmsgpack of 21 integers: commercial, notice, fraud of the minute, then of its six
-- ten-second buckets; and "w": the newest bucket, the open hour of the baseline (or -1), then (once requested) the sums of the
-- windows that end with the newest bucket, without that bucket. So an update takes two commands, and windows are summed once
-- per bucket.

-- Folds a value into an exponentially weighted mean and variance {mean, variance, n}.
local function fold(stat, x, alpha)
  if stat[3] == 0 then return { x, 0, 1 } end
  local d = x - stat[1]
  return { stat[1] + alpha * d, (1 - alpha) * (stat[2] + alpha * d * d), stat[3] + 1 }
end

local function stat_of(packed)
  return packed and { unpack_(packed) } or { 0, 0, 0 }
end

-- Number of absent minutes in an hour.
local function absent(runs, hour)
  local sum = 0
  for i = 2, #runs, 3 do
    local overlap = math.min(runs[i + 1], hour * 60 + 60) - math.max(runs[i], hour * 60)
    if overlap > 0 then sum = sum + overlap * runs[i + 2] end
  end
  return sum
end

-- Trains the baseline with the hours from `open` (with `count` commercial messages) to the one before `hour`.
local function close_hours(key, open, count, hour, runs)
  local recent = stat_of(call('HGET', key, 'recent'))
  for h = math.max(open, hour - limits.foldHours), hour - 1 do
    local unseen = math.min(math.max((since - h * 3600000) / 60000, 0), 60)
    local covered = 60 - math.max(unseen, absent(runs, h)) - missing(h * 360, h * 360 + 359) / 6
    if covered > limits.coveredMinutes then
      local field = tostring(h % 24)
      local stat = stat_of(call('HGET', key, field))
      local x = (h == open and count or 0) / covered
      -- The very first hour has nothing to be compared with, so it is not clipped.
      if stat[3] > 0 or recent[3] > 0 then
        x = math.min(x, limits.clipFactor * math.max(stat[1], recent[1]) + limits.clipFloor)
      end
      call('HSET', key, field, pack(unpack(fold(stat, x, limits.hourAlpha))))
      recent = fold(recent, x, limits.recentAlpha)
    end
  end
  call('HSET', key, 'recent', pack(unpack(recent)))
end

-- "first": first bucket; "hour": the open hour; "open": its commercial count so far; "home": the partition it is counted
-- from, 0 for several; "0"…"23", "recent": stats. `feed`: index in the payload.
local function train(key, bucket, commercial, feed)
  local runs = payload.feed[feed]
  local hour = floor(bucket / 360)
  local got = call('HMGET', key, 'hour', 'first', 'open', 'home')
  local open = tonumber(got[1])
  if not open then
    call('HSET', key, 'hour', hour, 'first', bucket, 'open', commercial, 'home', runs[1])
    call('EXPIRE', key, limits.youngBaselineTtl)
    return
  end
  if hour > open then
    -- Baselines of earlier versions have no home.
    if got[4] and tonumber(got[4]) ~= runs[1] then runs = payload.feed[1] end
    close_hours(key, open, tonumber(got[3]), hour, runs)
    call('HSET', key, 'hour', hour, 'open', commercial, 'home', runs[1])
    -- A sender with at least one message per minute is kept for long.
    if tonumber(got[3]) >= 60 or call('TTL', key) > limits.youngBaselineTtl then
      call('EXPIRE', key, limits.baselineTtl)
    else
      call('EXPIRE', key, limits.youngBaselineTtl)
    end
  elseif hour == open and commercial > 0 then
    call('HINCRBY', key, 'open', commercial)
  end
  if bucket < tonumber(got[2]) then call('HSET', key, 'first', bucket) end
end

local function real(x)
  return string.format('%.17g', x)
end

local rates, members, tallies = {}, {}, {}

-- Sums of the windows that end with bucket `b`, without `b` itself: three counts each for 1, 10 and 60 minutes; the
-- commercial count of the last hour without its last ten minutes; and its parts in the second to fifth ten-minute intervals,
-- counted back. `all`: minute -> packed or unpacked counts.
local function windows_before(all, b)
  local c1, n1, f1, c10, n10, f10, c60, n60, f60, trailing = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  local tens = { 0, 0, 0, 0, 0 }
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
          local ten = floor(d / 10)
          trailing, tens[ten] = trailing + c, tens[ten] + c
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
  return { c1, n1, f1, c10, n10, f10, c60, n60, f60, trailing, tens[2], tens[3], tens[4], tens[5] }
end

local function count_rate(group, index, e, weight)
  local key, report = prefix .. 'r:' .. e[1], e[3]
  local baseline = e[2] > 0 and prefix .. 'b:' .. e[1] or nil

  -- Read the memo and the affected minutes together.
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
  if memo and #memo == 16 then
    sums = {}
    for i = 1, 14 do sums[i] = memo[i + 2] end
  end
  local open_hour = memo and memo[2] or -1
  -- Every minute of the entity, read when a window is first requested. Without a memo the entity is empty.
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
      local stats = call('HMGET', baseline, 'first', floor(b / 360) % 24, 'recent', 'hour')
      if stats[1] then
        local hour, recent = stat_of(stats[2]), stat_of(stats[3])
        -- Other partitions have already closed this hour, which does not count as an earlier day.
        if tonumber(stats[4]) > floor(b / 360) then hour[3] = math.max(0, hour[3] - 1) end
        row[14], row[15] = tonumber(stats[1]), rest[10]
        row[16], row[17], row[18] = real(hour[1]), real(hour[2]), hour[3]
        row[19], row[20], row[21] = real(recent[1]), real(recent[2]), recent[3]
        row[22], row[23], row[24], row[25] = rest[11], rest[12], rest[13], rest[14]
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
        if d >= 20 then sums[9 + floor(d / 10)] = sums[9 + floor(d / 10)] + c end
        memo_dirty = true
      end
      if baseline then
        local hour = floor(b / 360)
        if hour == open_hour and b == newest then
          if c > 0 then call('HINCRBY', baseline, 'open', c) end
        else
          train(baseline, b, c, e[2])
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
  -- Late buckets are also part of the windows that end with the newest bucket.
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
