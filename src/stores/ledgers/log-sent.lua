-- include: ../../adapters/redis/epoch.lua
-- Records which signatures a port sent to subscribers, in append-only logs.
-- KEYS[1]  meta, as in epoch.lua, and "l<month>" -> level of the logs of a month: a shard has 2^level of them. All log keys
--          of the shard share the prefix of this key, up to "meta"
-- ARGV[2]  TTL of a log in seconds, from its first entry on
-- ARGV[3]  maximum level
-- ARGV[4]  entries, JSON: [month, level, [log number, entries, log number, …], month, …]
-- returns  epoch and change count of the shard, then for each month the level for further entries
-- An entry is a line: 15 characters for port and subscriber, event time in base 36 (of a merged entry the last, "-" and
-- the first), a space, the signature. A log that has grown is compacted by merging repeats. If that frees little, later
-- entries go to four times as many logs, and earlier ones stay where they are.
local call = redis.call
local prefix = string.sub(KEYS[1], 1, -5)
local most = tonumber(ARGV[3])
local GROWN, NAME, KEPT = 65536, 15, 4

local function after(a, b)
  return #a > #b or (#a == #b and a > b)
end

-- Merges the entries of each pair and signature, and keeps the last four signatures of a pair.
local function shortened(log)
  local lines, byname, order = {}, {}, {}
  for line in string.gmatch(log, '[^\n]+') do lines[#lines + 1] = line end
  for i = #lines, 1, -1 do
    local name = string.sub(lines[i], 1, NAME)
    local last, first, signature = string.match(lines[i], '^(%w+)%-?(%w*) (.*)$', NAME + 1)
    if first == '' then first = last end
    local known = byname[name]
    if not known then
      known = {}
      byname[name] = known
    end
    local entry
    for _, one in ipairs(known) do
      if one[4] == signature then entry = one end
    end
    if entry then
      if after(last, entry[2]) then entry[2] = last end
      if after(entry[3], first) then entry[3] = first end
    elseif #known < KEPT then
      entry = { name, last, first, signature }
      known[#known + 1] = entry
      order[#order + 1] = entry
    end
  end
  local out = {}
  for i = #order, 1, -1 do
    local name, last, first, signature = unpack(order[i])
    if first ~= last then last = last .. '-' .. first end
    out[#out + 1] = name .. last .. ' ' .. signature .. '\n'
  end
  return table.concat(out)
end

-- Called when a log has become longer than `bound`. Returns whether it is too full for its level.
local function shorten(key, bound, last_level)
  local text = shortened(call('GET', key))
  local full = #text > bound / 2
  -- Compact it again once it has doubled.
  if full and last_level and #text < bound then text = string.rep('\n', bound - #text) .. text end
  call('SET', key, text, 'KEEPTTL')
  return full
end

local months = cjson.decode(ARGV[4])
local levels = {}
for m = 1, #months, 3 do
  local month, used, logs = months[m], months[m + 1], months[m + 2]
  local field = 'l' .. month
  local level = math.max(used, tonumber(call('HGET', KEYS[1], field) or used))
  for i = 1, #logs, 2 do
    local key, entries = prefix .. 'l:' .. month .. ':' .. used .. ':' .. logs[i], logs[i + 1]
    local size = call('APPEND', key, entries)
    if size == #entries then call('EXPIRE', key, ARGV[2]) end
    if size >= GROWN and used == level then
      local bound = GROWN
      while bound * 2 <= size do bound = bound * 2 end
      if size - #entries < bound and shorten(key, bound, level >= most) and level < most then
        level = level + 2
        call('HSET', KEYS[1], field, level)
        call('HDEL', KEYS[1], 'l' .. (month - 6))
      end
    end
  end
  levels[#levels + 1] = level
end

local out = meta()
for _, level in ipairs(levels) do out[#out + 1] = level end
return out
