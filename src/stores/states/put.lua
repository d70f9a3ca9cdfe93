-- Compare-and-swap of a state, together with its event: all or nothing.
-- KEYS[1] state (string: "<version>\n<JSON>")   KEYS[2] versions of open states (hash)
-- KEYS[3] outbox (hash: entry id -> JSON)       KEYS[4] outbox by time (sorted set, ms of the server)
-- KEYS[5] suppression (string: event time until which the state must not be open)
-- ARGV[1] expected version, 0 if none is stored ARGV[2] version of the new state
-- ARGV[3] new state, JSON                       ARGV[4] state id
-- ARGV[5] '1' if it is open                     ARGV[6] event time of its last signal
-- ARGV[7] TTL of a closed state, ms             ARGV[8] channel for changes
-- ARGV[9] entry id, '' without an event         ARGV[10] entry, JSON
-- KEYS[6] meta of the feedback (epoch.lua)      ARGV[11], ARGV[12] its epoch and changes as the caller knows them
-- Returns 1 if written; 0 if another version is stored or the state is suppressed; -1 if it is to be open and feedback was
-- lost since the caller read it, so that it is unknown whether the state is suppressed.
local stored = tonumber(string.match(redis.call('GETRANGE', KEYS[1], 0, 20), '^%d+') or 0)
if stored ~= tonumber(ARGV[1]) then
  return 0
end
local value = ARGV[2] .. '\n' .. ARGV[3]
if ARGV[5] == '1' then
  local meta = redis.call('HMGET', KEYS[6], 'epoch', 'n')
  if meta[1] ~= ARGV[11] or tonumber(meta[2] or 0) < tonumber(ARGV[12]) then
    return -1
  end
  local suppressed = redis.call('GET', KEYS[5])
  if suppressed and tonumber(suppressed) > tonumber(ARGV[6]) then
    return 0
  end
  redis.call('SET', KEYS[1], value)
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[2])
else
  redis.call('SET', KEYS[1], value, 'PX', ARGV[7])
  redis.call('HDEL', KEYS[2], ARGV[4])
end
if ARGV[9] ~= '' then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[3], ARGV[9], ARGV[10])
  redis.call('ZADD', KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[9])
end
redis.call('PUBLISH', ARGV[8], ARGV[3])
return 1
