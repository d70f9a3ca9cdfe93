-- Stores the data behind alerts on messages, as long as there is room.
-- KEYS[1] hash of one hour: message (first 16 hex digits of its hash) -> JSON
-- ARGV[1] maximum number of fields   ARGV[2] TTL, ms   ARGV[3..] field, value, …
-- Returns the number of fields written.
local room = tonumber(ARGV[1]) - redis.call('HLEN', KEYS[1])
local written = 0
for i = 3, #ARGV, 2 do
  if written >= room then
    break
  end
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  written = written + 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return written
