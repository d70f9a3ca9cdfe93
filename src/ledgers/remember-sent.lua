-- Remembers which signatures a port sent to subscribers: the last four of each, newest first.
-- KEYS[i]  hash of the i-th row (a month of one slot)
-- ARGV[1]  seconds to live
-- ARGV     then for each row: field, signature, event time in base 36
-- returns  nothing
-- A field holds entries {signature, last event time, first event time}.
local function after(a, b)
  return #a > #b or (#a == #b and a > b)
end
for i = 1, #KEYS do
  local field, signature, ts = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1]
  local known = redis.call('HGET', KEYS[i], field)
  local own = { signature, ts, ts }
  local list = { own }
  if known then
    for _, entry in ipairs(cjson.decode(known)) do
      if entry[1] == signature then
        local first = entry[3] or entry[2]
        if after(entry[2], ts) then own[2] = entry[2] end
        if after(ts, first) then own[3] = first end
      elseif #list < 4 then
        list[#list + 1] = entry
      end
    end
  end
  redis.call('HSET', KEYS[i], field, cjson.encode(list))
  redis.call('EXPIRE', KEYS[i], ARGV[1])
end
return 0
