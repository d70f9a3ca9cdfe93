-- Returns which parts were let through, and clears the flags: each part is reported once.
-- KEYS: flags of parts that were let through
-- Returns a list of 1 and 0, one per key.
local taken = {}
for i = 1, #KEYS do
  taken[i] = redis.call('DEL', KEYS[i])
end
return taken
