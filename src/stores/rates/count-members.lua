-- Member sets (part of count.lua). A set has two HyperLogLogs, "<key>:0" and "<key>:1", for half-windows with even and odd
-- numbers.

-- Bytewise: the locale's collation may differ between servers.
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- A member set: ":<name>" -> count and last event time (ms); "n": the newest event time of the set, and the number of names,
-- including expired ones until they are next checked; "d": half-window, the counts of names dropped beyond the cap in it and in
-- the previous one, which stay in the total, and the half-window of the newest HyperLogLog, 0 for none.
local function count_members(group, index, e, weight)
  local key, window, report, min_count = prefix .. 'm:' .. e[1], e[2], e[3], e[4]
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
    -- The slack is an hour, so once a minute is enough.
    if stored == nil or floor(newest / 60000) > floor(stored / 60000) then
      call('EXPIRE', key, math.ceil(window / 1000) + limits.memberSlack)
    end
  end
  if not look then return end

  local half = floor(newest / (window / 2))
  local dropped, dropped_before, filled = 0, 0, 0
  local kept, gone = {}, {}
  local flat = call('HGETALL', key)
  for i = 1, #flat, 2 do
    if flat[i] == 'd' then
      local at, now, before, of = unpack_(flat[i + 1])
      filled = of or 0
      if at == half then dropped, dropped_before = now, before end
      if at == half - 1 then dropped_before = now end
    elseif flat[i] ~= 'n' then
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
    local current, previous = key .. ':' .. half % 2, key .. ':' .. (half - 1) % 2
    -- Drop the content of other half-windows.
    if filled ~= half then
      call('DEL', current)
      if filled ~= half - 1 then call('DEL', previous) end
    end
    local live = call('EXISTS', current, previous) > 0
    if live or #kept > cap then
      if not live then
        names = {}
        for i, member in ipairs(kept) do names[i] = member[1] end
      end
      for from = 1, #names, 1000 do
        call('PFADD', current, unpack(names, from, math.min(from + 999, #names)))
      end
      call('EXPIRE', current, math.ceil(window / 1000) + limits.memberSlack)
      estimate = call('PFCOUNT', current, previous)
      filled = half
    end
  end
  local first = math.max(#kept - cap, 0) + 1
  for i = 1, first - 1 do
    gone[#gone + 1] = kept[i][1]
    dropped = dropped + kept[i][2]
  end
  for from = 1, #gone, 1000 do
    call('HDEL', key, unpack(gone, from, math.min(from + 999, #gone)))
  end
  call('HSET', key, 'n', pack(newest, #kept - first + 1))
  if first > 1 or estimate then call('HSET', key, 'd', pack(half, dropped, dropped_before, filled)) end
  if report < 0 then return end

  local row, qualifying, total = { group, index, 0, 0 }, 0, dropped + dropped_before
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
