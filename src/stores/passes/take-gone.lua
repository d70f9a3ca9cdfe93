-- Which parts were let through; each is told of once.
-- KEYS: that a part was let through
-- Returns a list of 1 and 0, one a key.
local taken = {}
for i = 1, #KEYS do
  taken[i] = redis.call('DEL', KEYS[i])
end
return taken
