-- Takes or renews a lease.
-- KEYS[1] lease (string: holder)
-- ARGV[1] holder              ARGV[2] TTL, ms
-- Returns 1 if the holder has it, else 0.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 1
end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
