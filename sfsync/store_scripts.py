"""The store's scripts: each one change of the hints, which first compares the epoch (store.py)."""

from __future__ import annotations

# Every script gets the same keys, so that each can say which of them it means by name. `several` hands a
# variadic command its arguments in portions: Lua's stack takes about 8,000 values, a cold start brings more.
PRELUDE = """
local marks, due, claims, fingerprints, attempts, leases, seen, handed = unpack(KEYS)
local function same_epoch() return redis.call('HGET', marks, 'epoch') == ARGV[1] end
local function several(command, key, values)
  for first = 1, #values, 2000 do
    redis.call(command, key, unpack(values, first, math.min(first + 1999, #values)))
  end
end
"""

BEGIN = """
redis.call('DEL', marks, due, claims, fingerprints, attempts, seen, handed)
redis.call('HSET', marks, 'epoch', ARGV[1], 'marks', ARGV[2])
return 1
"""

SAVE = """
if not same_epoch() then return 0 end
redis.call('HSET', marks, 'marks', ARGV[2])
return 1
"""

CLAIM = """
if not same_epoch() then return 0 end
local ids, scored = {}, {}
for i = 3, #ARGV do
  ids[#ids + 1] = ARGV[i]
  scored[#scored + 1] = ARGV[2]
  scored[#scored + 1] = ARGV[i]
end
several('ZREM', due, ids)
several('ZADD', claims, scored)
return 1
"""

TAKE_DUE = """
if not same_epoch() then return {} end
local now, till, limit = ARGV[2], ARGV[3], tonumber(ARGV[4])
local taken = redis.call('ZRANGEBYSCORE', claims, '-inf', now, 'LIMIT', 0, limit)
local ripe = {}
if #taken < limit then
  ripe = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit - #taken)
end
for _, id in ipairs(ripe) do taken[#taken + 1] = id end
local scored = {}
for _, id in ipairs(taken) do
  scored[#scored + 1] = till
  scored[#scored + 1] = id
end
several('ZREM', due, taken)
several('ZADD', claims, scored)
return taken
"""

IN_FLIGHT = """
if not same_epoch() then return {} end
return redis.call('ZRANGE', claims, 0, -1)
"""

# ARGV: epoch, number of leads, then `id, check or '', look or '', 1 if interrupted or ''` for each, then
# `id, fingerprint` for the rest.
SETTLE = """
if not same_epoch() then return 0 end
local settled, scored, dropped, remembered, overtaken, forgotten = {}, {}, {}, {}, {}, {}
local last = 2 + 4 * tonumber(ARGV[2])
local function bring_forward(id, check)
  local index = redis.call('ZSCORE', claims, id) and claims or due
  local at = redis.call('ZSCORE', index, id)
  if not at or tonumber(at) > tonumber(check) then redis.call('ZADD', index, check, id) end
end
for i = 3, last, 4 do
  local id, check, look, interrupted = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if look ~= '' and redis.call('HGET', attempts, id) ~= look then
    overtaken[id] = true
    if check ~= '' then bring_forward(id, check) end
  else
    settled[#settled + 1] = id
    if interrupted == '' or redis.call('HINCRBY', attempts, id, -1) <= 0 then forgotten[#forgotten + 1] = id end
    if check == '' then
      dropped[#dropped + 1] = id
    else
      scored[#scored + 1] = check
      scored[#scored + 1] = id
    end
  end
end
for i = last + 1, #ARGV, 2 do
  if not overtaken[ARGV[i]] then
    remembered[#remembered + 1] = ARGV[i]
    remembered[#remembered + 1] = ARGV[i + 1]
  end
end
several('ZREM', claims, settled)
several('HDEL', attempts, forgotten)
several('HDEL', fingerprints, settled)
several('HDEL', handed, settled)
several('ZREM', due, dropped)
several('ZADD', due, scored)
several('HSET', fingerprints, remembered)
return 1
"""

# ARGV: epoch, then `id, fingerprint` for each.
HANDED = """
if not same_epoch() then return 0 end
local remembered = {}
for i = 2, #ARGV, 2 do
  if redis.call('ZSCORE', claims, ARGV[i]) then
    remembered[#remembered + 1] = ARGV[i]
    remembered[#remembered + 1] = ARGV[i + 1]
  end
end
several('HSET', handed, remembered)
return 1
"""

FINGERPRINTS = """
local found = {}
if same_epoch() then
  for first = 2, #ARGV, 2000 do
    local last = math.min(first + 1999, #ARGV)
    local portion = redis.call('HMGET', fingerprints, unpack(ARGV, first, last))
    local out = redis.call('HMGET', handed, unpack(ARGV, first, last))
    for i, fingerprint in ipairs(portion) do
      local claimed = out[i] and redis.call('ZSCORE', claims, ARGV[first + i - 1])
      found[#found + 1] = claimed and out[i] or fingerprint
    end
  end
else
  for i = 2, #ARGV do found[#found + 1] = false end
end
return found
"""

KNOWN = """
local found = {}
local same = same_epoch()
for i = 2, #ARGV do
  found[#found + 1] = same and (redis.call('ZSCORE', due, ARGV[i]) or redis.call('ZSCORE', claims, ARGV[i]))
end
return found
"""

UNSEEN = """
local same, found = same_epoch(), {}
for i = 2, #ARGV do
  if not (same and redis.call('ZSCORE', seen, ARGV[i])) then found[#found + 1] = ARGV[i] end
end
return found
"""

# ARGV: epoch, the time before which all is forgotten, then `time, change` for each.
SAW = """
if not same_epoch() then return 0 end
local scored = {}
for i = 3, #ARGV do scored[#scored + 1] = ARGV[i] end
several('ZADD', seen, scored)
redis.call('ZREMRANGEBYSCORE', seen, '-inf', '(' .. ARGV[2])
return 1
"""

ATTEMPT = """
local counts = {}
local same = same_epoch()
for i = 2, #ARGV do
  counts[#counts + 1] = same and redis.call('HINCRBY', attempts, ARGV[i], 1) or 0
end
return counts
"""

# A lease is one hash field, "until holder".
LEASE = """
local name, holder, now, till = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local held = redis.call('HGET', leases, name)
if held then
  local space = string.find(held, ' ', 1, true)
  local others = string.sub(held, space + 1) ~= holder
  if others and tonumber(string.sub(held, 1, space - 1)) > now then return 0 end
end
redis.call('HSET', leases, name, till .. ' ' .. holder)
return 1
"""

RENEW = """
local held = redis.call('HGET', leases, ARGV[1])
if not held or string.sub(held, string.find(held, ' ', 1, true) + 1) ~= ARGV[2] then return 0 end
redis.call('HSET', leases, ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
return 1
"""

RELEASE = """
local held = redis.call('HGET', leases, ARGV[1])
if held and string.sub(held, string.find(held, ' ', 1, true) + 1) == ARGV[2] then
  redis.call('HDEL', leases, ARGV[1])
end
return 1
"""
