-- Remembers which signatures a port sent to subscribers: the last four of each, newest first.
-- KEYS[i]  hash of the i-th row (a month of one slot)
-- ARGV[1]  seconds to live
-- ARGV     then for each row: field, signature, event time in base 36
-- returns  nothing
for i = 1, #KEYS do
  local field, signature, ts = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1]
  local known = redis.call('HGET', KEYS[i], field)
  local list = { { signature, ts } }
  if known then
    for _, entry in ipairs(cjson.decode(known)) do
      if entry[1] ~= signature and #list < 4 then list[#list + 1] = entry end
    end
  end
  redis.call('HSET', KEYS[i], field, cjson.encode(list))
  redis.call('EXPIRE', KEYS[i], ARGV[1])
end
return 0
