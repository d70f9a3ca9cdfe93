-- Corrects the counted offsets of partitions according to their logs, unless the stored values have changed since they were
-- read: a caller whose view of the logs predates other instances' counts or assignments changes nothing.
-- KEYS[1]  offsets: hash (counted.lua)
-- ARGV[1]  epoch that was read
-- ARGV[2…] "<topic>/<partition>"; offset or -1, topic id or '' and reset count, as they were read; new offset, -1 for none or ''
--          to keep it, and topic id or ''; and so on
-- Returns  epoch or '', then for each partition: offset or -1, topic id or '', reset count, 1 if it was changed or 0
local call = redis.call
local epoch = call('HGET', KEYS[1], 'epoch') or ''
local out = { epoch }
for i = 2, #ARGV, 6 do
  local partition, new_offset, new_id = ARGV[i], tonumber(ARGV[i + 4]), ARGV[i + 5]
  local got = call('HMGET', KEYS[1], partition, '#' .. partition, '@' .. partition)
  local offset, id, times, changed = tonumber(got[1] or -1), got[2] or '', tonumber(got[3] or 0), 0
  local is_as_read = epoch == ARGV[1] and id == ARGV[i + 2] and times == tonumber(ARGV[i + 3])
  if is_as_read and (not new_offset or offset == tonumber(ARGV[i + 1])) then
    if new_id ~= '' and new_id ~= id then
      call('HSET', KEYS[1], '#' .. partition, new_id)
      id = new_id
    end
    if new_offset and new_offset < offset then
      times = call('HINCRBY', KEYS[1], '@' .. partition, 1)
      if new_offset < 0 then
        call('HDEL', KEYS[1], partition)
      else
        call('HSET', KEYS[1], partition, new_offset)
      end
      offset = new_offset
    end
    changed = 1
  end
  out[#out + 1] = offset
  out[#out + 1] = id
  out[#out + 1] = times
  out[#out + 1] = changed
end
return out
