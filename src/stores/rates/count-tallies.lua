-- Tallies (part of count.lua): how often each of many names occurred in a half-window. Three keys per half-window, with the
-- names in the payload as prefix:
--   "c"  cells: a byte per hash (modulo their number) that counts up to 255 for all names sharing it, so never less than the
--        count of a name. Names far below the reporting threshold are only counted here
--   "l"  log: the names in order of arrival, eight characters each, for counting names that the cells cannot rule out
--   "f"  facts: hash, "cells" -> number of cells, "max" -> the highest, "n" -> number of names counted in the log, each
--        ":<name>" -> its count from then on
local WIDTH, FULL = 8, 255
local FIRST_CELLS, LAST_CELLS = 4096, 16777216

local function occurrences(log, name)
  local n, from = 0, 1
  while true do
    local at = string.find(log, name, from, true)
    if not at then return n end
    if at % WIDTH == 1 then
      n, from = n + 1, at + WIDTH
    else
      from = at + 1
    end
  end
end

-- Reads the facts of a half-window.
local function half_of(key)
  local got = call('HMGET', key .. 'f', 'cells', 'max', 'n')
  return {
    key = key,
    cells = got[1] and tonumber(got[1]) or nil,
    max = tonumber(got[2] or 0),
    kept = tonumber(got[3] or 0),
  }
end

-- The exact count of a name.
local function exact(half, name)
  if not half.cells then return 0 end
  local facts, field = half.key .. 'f', ':' .. name
  local known = call('HGET', facts, field)
  if known then return tonumber(known) end
  half.log = half.log or call('GET', half.key .. 'l') or ''
  local n = occurrences(half.log, name)
  call('HSET', facts, field, n)
  call('HINCRBY', facts, 'n', 1)
  return n
end

-- Grows the cells for the names appended up to a length: the load is at most a half, and the new cells of a name start with the
-- value of the one it shared before.
local function grow(half, size)
  local cells = half.cells
  while size / WIDTH > cells / 2 and cells < LAST_CELLS do cells = cells * 4 end
  if cells == half.cells then return end
  local text = call('GET', half.key .. 'c') or ''
  text = string.rep(text .. string.rep('\0', half.cells - #text), cells / half.cells)
  call('SET', half.key .. 'c', text, 'KEEPTTL')
  half.cells = cells
  call('HSET', half.key .. 'f', 'cells', cells)
end

-- Increments (or only reads, if the count is 0) the cells of tallies `from` to `to`; appends their values.
local function touch_cells(half, e, from, to, weight, values)
  local args = {}
  for k = from, to do
    -- The bit offset as a number: formatting it as text here would cost more than everything else.
    local at, count = e[4 + 2 * k] % half.cells * 8, e[5 + 2 * k] * weight
    local a = #args
    if count > 0 then
      args[a + 1], args[a + 2], args[a + 3], args[a + 4] = 'INCRBY', 'u8', at, count
    else
      args[a + 1], args[a + 2], args[a + 3] = 'GET', 'u8', at
    end
  end
  for _, value in ipairs(call('BITFIELD', half.key .. 'c', 'OVERFLOW', 'SAT', unpack(args))) do
    values[#values + 1] = value
  end
end

local function add(half, before, e, total, weight, values)
  local n, names, ttl = (#e - 5) / 2, e[5], e[4]
  local text, once = names, total == n
  -- Names counted before (0) and repeated names (2) may add up to the same total.
  for k = 1, n do once = once and e[5 + 2 * k] * weight == 1 end
  if not once then
    local parts = {}
    for k = 1, n do
      parts[k] = string.rep(string.sub(names, (k - 1) * WIDTH + 1, k * WIDTH), e[5 + 2 * k] * weight)
    end
    text = table.concat(parts)
  end
  local size = call('APPEND', half.key .. 'l', text)
  local is_new = not half.cells
  if is_new then
    half.cells = FIRST_CELLS
    local room = before.cells and 2 * call('STRLEN', before.key .. 'l') / WIDTH or 0
    while half.cells < room and half.cells < LAST_CELLS do half.cells = half.cells * 4 end
    call('HSET', half.key .. 'f', 'cells', half.cells)
  end
  grow(half, size)
  for from = 1, n, 500 do touch_cells(half, e, from, math.min(from + 499, n), weight, values) end
  local max = half.max
  for _, value in ipairs(values) do max = math.max(max, value) end
  if max > half.max then
    half.max = max
    call('HSET', half.key .. 'f', 'max', max)
  end
  if is_new then
    for _, part in ipairs({ 'c', 'l', 'f' }) do call('EXPIRE', half.key .. part, ttl) end
  end
  if half.kept > 0 then
    for k = 1, n do
      local count, field = e[5 + 2 * k] * weight, ':' .. string.sub(names, (k - 1) * WIDTH + 1, k * WIDTH)
      if count > 0 and call('HEXISTS', half.key .. 'f', field) == 1 then
        call('HINCRBY', half.key .. 'f', field, count)
      end
    end
  end
end

-- Returns the index of the last tally.
local function count_tallies(group, index, e, weight)
  local report, n, total = e[3], (#e - 5) / 2, 0
  for i = 7, #e, 2 do total = total + e[i] * weight end
  local half, before = half_of(prefix .. e[1]), half_of(prefix .. e[2])
  local values = {}
  if total > 0 then
    add(half, before, e, total, weight, values)
  elseif report >= 0 and half.cells then
    for from = 1, n, 500 do touch_cells(half, e, from, math.min(from + 499, n), 0, values) end
  end
  if report < 0 then return index + n end
  for k = 1, n do
    local most = values[k] or 0
    if most + before.max >= report or most == FULL or before.max == FULL then
      local earlier = 0
      if before.max > 0 then
        earlier = call('BITFIELD', before.key .. 'c', 'GET', 'u8', e[4 + 2 * k] % before.cells * 8)[1]
      end
      if most + earlier >= report or most == FULL or earlier == FULL then
        local name = string.sub(e[5], (k - 1) * WIDTH + 1, k * WIDTH)
        local value = exact(half, name) + exact(before, name)
        if value >= report then tallies[#tallies + 1] = { group, index + k, value } end
      end
    end
  end
  return index + n
end
