-- Lets a message through, or says why not.
-- KEYS[1], KEYS[2]: of a part only: what stopped its SMS, and that it was let through
-- then: the counts of each throttle, a hash of seconds
-- ARGV[1]: 1 for a part, else 0; ARGV[2]: seconds that parts are kept; ARGV[3]: seconds that count; ARGV[4...]: what each
-- throttle allows
-- Returns 0: it passes; n > 0: the n-th throttle is full; a text: what stopped another part.
local isPart = ARGV[1] == '1'
local first = 1
if isPart then
  first = 3
  local by = redis.call('GET', KEYS[1])
  if by then
    return by
  end
end
local span = tonumber(ARGV[3])
local second = tonumber(redis.call('TIME')[1])
for i = first, #KEYS do
  local counts = redis.call('HGETALL', KEYS[i])
  local passed = 0
  local old = {}
  for j = 1, #counts, 2 do
    if tonumber(counts[j]) > second - span then
      passed = passed + tonumber(counts[j + 1])
    else
      old[#old + 1] = counts[j]
    end
  end
  if #old > 0 then
    redis.call('HDEL', KEYS[i], unpack(old))
  end
  if passed >= tonumber(ARGV[4 + i - first]) then
    return i - first + 1
  end
end
for i = first, #KEYS do
  redis.call('HINCRBY', KEYS[i], second, 1)
  redis.call('EXPIRE', KEYS[i], span)
end
if isPart then
  redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
end
return 0
