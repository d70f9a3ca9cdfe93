-- Fan-outs (part of count.lua): number of strangers that private numbers send similar texts to. Three kinds of keys:
--   "k:<id>:<week>:w"         filter: layers of 32-bit words. A pair of number and recipient sets up to four bits of a word in
--                             the last layer, and is known if they are set in a layer of its week or the previous one
--   "k:<id>:<week>:f"         facts: hash, "first" -> words of the first layer, "layers" -> number of layers, "pairs" ->
--                             number of pairs added
--   "h:<id>:<hour>:<slot>"    hash, number -> texts, "g:<id>:<hour>" series -> texts. A text: its signs for comparison, its first
--                             five-minute bucket (modulo 65536), the number of buckets that follow, 1 + the bucket (modulo
--                             255) in which it was last counted for the series or 0, and a count for each bucket
local band, bor, bxor, bnot, rshift = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rshift
local HEAD = '>I4I4I2BB'

local function filter_of(name)
  local key = prefix .. name
  local got = call('HMGET', key .. 'f', 'first', 'layers', 'pairs')
  return {
    key = key,
    first = tonumber(got[1] or 0),
    layers = tonumber(got[2] or 0),
    pairs = tonumber(got[3] or 0),
    read = {},
  }
end

-- Words of the given number of layers: the second has as many as the first, and each later one as many as all before it.
local function words_of(filter, layers)
  return layers == 0 and 0 or filter.first * 2 ^ (layers - 1)
end

-- Makes room for more pairs in a filter. Written as a whole: strings that Redis extends itself get twice the space.
local function make_room(now, before, more)
  local layers = now.layers
  if layers == 0 then
    local usual = math.ceil(before.pairs * fanout.slack / fanout.pairsAWord)
    now.first, now.layers = math.min(fanout.lastWords, math.max(fanout.firstWords, usual)), 1
  end
  local most = math.min(fanout.lastWords, (now.pairs + more) / fanout.pairsAWord)
  while words_of(now, now.layers) < most do now.layers = now.layers + 1 end
  if layers == now.layers then return end
  local key, facts = now.key .. 'w', now.key .. 'f'
  local text = layers > 0 and call('GET', key) or ''
  text = text .. string.rep('\0', 4 * words_of(now, now.layers) - #text)
  if layers == 0 then
    call('SET', key, text, 'EX', fanout.filterTtl)
    call('HSET', facts, 'first', now.first, 'layers', now.layers)
    call('EXPIRE', facts, fanout.filterTtl)
  else
    call('SET', key, text, 'KEEPTTL')
    call('HSET', facts, 'layers', now.layers)
  end
end

-- Position of a pair in a layer, from 1.
local function place_in(filter, layer, hash)
  local below = words_of(filter, layer - 1)
  return below + hash % (layer == 1 and filter.first or below)
end

-- Reads the words of pairs in a filter; `list` contains their hashes.
local function read_words(filter, list)
  for layer = 1, filter.layers do
    for from = 1, #list, 500 do
      local args, to = {}, math.min(from + 499, #list)
      for i = from, to do
        local a = #args
        args[a + 1], args[a + 2], args[a + 3] = 'GET', 'u32', place_in(filter, layer, list[i]) * 32
      end
      for i, word in ipairs(call('BITFIELD', filter.key .. 'w', unpack(args))) do
        filter.read[place_in(filter, layer, list[from + i - 1])] = word
      end
    end
  end
end

local function has(filter, hash, mask)
  for layer = 1, filter.layers do
    if band(bnot(filter.read[place_in(filter, layer, hash)]), mask) == 0 then return true end
  end
  return false
end

local function write_words(filter, dirty, added)
  local args = {}
  for place in pairs(dirty) do
    local a = #args
    args[a + 1], args[a + 2], args[a + 3], args[a + 4] = 'SET', 'u32', place * 32, filter.read[place] % 4294967296
    if a > 1996 then
      call('BITFIELD', filter.key .. 'w', unpack(args))
      args = {}
    end
  end
  if #args > 0 then call('BITFIELD', filter.key .. 'w', unpack(args)) end
  call('HINCRBY', filter.key .. 'f', 'pairs', added)
end

local function ones(x)
  x = x - band(rshift(x, 1), 0x55555555)
  x = band(x, 0x33333333) + band(rshift(x, 2), 0x33333333)
  x = band(x + rshift(x, 4), 0x0f0f0f0f)
  x = x + rshift(x, 16)
  return band(x + rshift(x, 8), 63)
end

-- Decodes the texts of a record; `bucket` is any bucket near theirs.
local function texts_of(record, bucket)
  local texts, at = {}, 1
  while record and at <= #record do
    local a, b, first, n, counted, after = struct.unpack(HEAD, record, at)
    first = bucket - ((bucket - first + 32768) % 65536 - 32768)
    texts[#texts + 1] =
      { a = a, b = b, first = first, counted = counted, counts = { string.byte(record, after, after + n - 1) } }
    at = after + n
  end
  return texts
end

-- The texts that are still current at a bucket.
local function texts_at(texts, bucket)
  local live = {}
  for _, text in ipairs(texts) do
    if text.first + #text.counts > bucket - fanout.buckets + 1 then live[#live + 1] = text end
  end
  return live
end

local function record_of(texts)
  local parts = {}
  for i, text in ipairs(texts) do
    parts[i] = struct.pack(HEAD, text.a, text.b, text.first % 65536, #text.counts, text.counted)
      .. string.char(unpack(text.counts))
  end
  return table.concat(parts)
end

local function sum_of(text, bucket)
  local sum = 0
  for i, count in ipairs(text.counts) do
    local at = text.first + i - 1
    if at <= bucket and at > bucket - fanout.buckets then sum = sum + count end
  end
  return sum
end

local function alike_among(texts, a, b)
  local nearest, found = fanout.alike + 1, nil
  for _, text in ipairs(texts) do
    local distance = ones(bxor(text.a, a)) + ones(bxor(text.b, b))
    if distance < nearest then nearest, found = distance, text end
  end
  return found
end

-- Adds one to a text in a bucket; ignored if it is older than the hour of the similar text.
local function count_in(text, bucket)
  local counts = text.counts
  if bucket <= text.first + #counts - 1 - fanout.buckets then return end
  while bucket < text.first do
    table.insert(counts, 1, 0)
    text.first = text.first - 1
  end
  while bucket > text.first + #counts - 1 do counts[#counts + 1] = 0 end
  local i = bucket - text.first + 1
  counts[i] = math.min(counts[i] + 1, 255)
  while #counts > fanout.buckets do
    table.remove(counts, 1)
    text.first = text.first + 1
  end
end

-- Adds one to the similar text, or to a new one that replaces the least of `most`. Returns the text that was counted.
local function count_text(texts, a, b, bucket, most)
  local text = alike_among(texts, a, b)
  if not text then
    text = { a = a, b = b, first = bucket, counted = 0, counts = { 0 } }
    local place = #texts + 1
    if place > most then
      local least
      for i, other in ipairs(texts) do
        local sum, last = sum_of(other, bucket), other.first + #other.counts
        if not least or sum < least[1] or (sum == least[1] and last < least[2]) then
          least, place = { sum, last }, i
        end
      end
    end
    texts[place] = text
  end
  count_in(text, bucket)
  return text
end

local fanouts = {}

-- `family`: key of the filter, of the previous one, then the numbers (count.lua). Returns the index of the last number.
local function count_fanouts(group, index, family, weight)
  local now, before = filter_of(family[1]), filter_of(family[2])
  local fresh = {}
  for i = 3, #family do
    local e = family[i]
    for at = 7, #e, 8 do
      if e[at + 5] * weight > 0 then fresh[#fresh + 1] = e[at] end
    end
  end
  if #fresh > 0 then
    make_room(now, before, #fresh)
    read_words(now, fresh)
    read_words(before, fresh)
  end
  local dirty, added, records = {}, 0, {}

  local function open(key, key_before, field, bucket)
    local name = key .. ' ' .. field
    local record = records[name]
    if not record then
      local packed, earlier = call('HGET', prefix .. key, field), records[key_before .. ' ' .. field]
      if not packed then
        packed = earlier and record_of(earlier.texts) or call('HGET', prefix .. key_before, field)
      end
      record = { key = prefix .. key, field = field, texts = texts_of(packed, bucket) }
      records[name] = record
    end
    return record, texts_at(record.texts, bucket)
  end

  local function count(record, texts, a, b, bucket, most)
    record.is_dirty, record.texts = true, texts
    return count_text(texts, a, b, bucket, most)
  end

  for i = 3, #family do
    local e = family[i]
    local newest, row = 0, nil
    for at = 11, #e, 8 do newest = math.max(newest, e[at]) end
    for at = 7, #e, 8 do
      local hash, mask, a, b, bucket, from, series_from = e[at], e[at + 1], e[at + 2], e[at + 3], e[at + 4], e[at + 6], e[at + 7]
      local counts = e[at + 5] * weight > 0
      local is_known = counts and (has(now, hash, mask) or has(before, hash, mask))
      if not is_known then
        local own, texts = open(e[1], e[2], e[3], newest)
        local text
        if counts then
          local place = place_in(now, now.layers, hash)
          now.read[place] = bor(now.read[place], mask)
          dirty[place], added = true, added + 1
          text = count(own, texts, a, b, bucket, fanout.numberTexts)
        else
          text = alike_among(texts, a, b)
        end
        local strangers, numbers = text and sum_of(text, bucket) or 0, 0
        if series_from >= 0 and strangers >= fanout.seriesStrangers then
          local series, others = open(e[4], e[5], e[6], newest)
          local ago = (bucket - text.counted + 1) % 255
          local is_counted = text.counted > 0 and (ago < fanout.buckets or ago > 255 - fanout.buckets)
          if counts and not is_counted then
            text.counted = bucket % 255 + 1
            numbers = sum_of(count(series, others, a, b, bucket, fanout.seriesTexts), bucket)
          else
            local other = alike_among(others, a, b)
            numbers = other and sum_of(other, bucket) or 0
          end
        end
        if strangers >= from or (series_from >= 0 and numbers >= series_from) then
          row = { group, index + i - 2, (at - 7) / 8 + 1, strangers, numbers }
        end
      end
    end
    if row then fanouts[#fanouts + 1] = row end
  end

  for _, record in pairs(records) do
    if record.is_dirty then
      if call('HSET', record.key, record.field, record_of(record.texts)) == 1 then
        expire_new(record.key, fanout.textsTtl)
      end
    end
  end
  if added > 0 then write_words(now, dirty, added) end
  return index + #family - 2
end
