-- Records a value of an instance, and counts the other values that instances have recorded under its name lately.
-- KEYS[1]: values of the name, a hash with the second in which each was recorded last
-- ARGV[1]: the value; ARGV[2]: seconds for which a value counts
-- Returns the number of other values.
local span = tonumber(ARGV[2])
local second = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], second)
redis.call('EXPIRE', KEYS[1], span)
local held = redis.call('HGETALL', KEYS[1])
local others = 0
for i = 1, #held, 2 do
  if tonumber(held[i + 1]) <= second - span then
    redis.call('HDEL', KEYS[1], held[i])
  elseif held[i] ~= ARGV[1] then
    others = others + 1
  end
end
return others
