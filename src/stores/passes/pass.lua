-- Lets a message through, or returns the reason not to.
-- KEYS[1], KEYS[2]: for a part only: what stopped its SMS, and a flag that the part was let through
-- then: the counts of each throttle, a hash by second
-- ARGV[1]: 1 for a part, else 0; ARGV[2]: seconds for which parts are kept; ARGV[3]: seconds in the window; ARGV[4...]: limit of
-- each throttle
-- Returns 0 if the message passes, n > 0 if the n-th throttle is full, or the stored text if another part was stopped.
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
