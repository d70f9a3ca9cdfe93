#!/usr/bin/env python3
"""Decides on submissions by the block table of sigwatch, as docs/blocking.md says.
stdin: a JSON a line, {"id", "from", "to"?, "signature"?, "hosts"?, "part"?}; stdout: {"id", "action", "state"?}. Needs
confluent-kafka (Debian: python3-confluent-kafka), KAFKA_BROKERS, BLOCKS_TOPIC and TOKEN_KEY (<keyId>:<key>)."""
import base64, datetime, hashlib, hmac, json, os, re, sys, threading, time, unicodedata
from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, TopicPartition
ACTIONS = ["pass", "observe", "review", "throttle", "block"]
KEY_ID, KEY = os.environ["TOKEN_KEY"].split(":", 1)
table, held, stopped, ready = {}, {}, {}, threading.Event()  # held: (episode, revision) seen last, also of rows that ended
offsets = []  # The clock of the brokers less the monotonic one, s; empty: not known yet.

def canonical(number):
    digits = re.sub(r"^00", "", re.sub(r"[\s+]", "", unicodedata.normalize("NFKC", number)))
    return re.sub(r"^86(?=106|1[0-9]{10}$)", "", digits) if re.fullmatch(r"[0-9]+", digits) else number

def token(recipient):
    mac = hmac.new(KEY.encode(), canonical(recipient).encode(), hashlib.sha256).digest()[:16]
    return KEY_ID + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")

def holds(member, wanted, sms):  # None: it cannot be told.
    sender, signature, hosts = canonical(sms["from"]), sms.get("signature"), sms.get("hosts")
    texts = isinstance(wanted, list) and all(isinstance(one, str) for one in wanted)
    if member in ("ports", "exceptPorts") and texts:
        prefixes = [canonical(p[:-1]) if p.endswith("*") else canonical(p) + "$" for p in wanted]
        return any((sender + "$").startswith(prefix) for prefix in prefixes) == (member == "ports")
    if member == "domains" and texts and hosts is not None:  # Absent: not known; an empty list: none.
        return any(("." + h.lower()).rstrip(".").endswith("." + d.lower().rstrip(".")) for h in hosts for d in wanted)
    if member == "toToken" and sms.get("to") and str(wanted).rpartition(".")[0] == KEY_ID:
        return token(sms["to"]) == wanted
    return signature == wanted if member == "signature" and type(signature) is type(wanted) is str else None

def in_force(row):  # Without times that can be read a row orders nothing, as past its time.
    now = offsets[0] + time.monotonic() if offsets else time.time()
    try:
        valid, until = (datetime.datetime.fromisoformat(row[m].replace("Z", "+00:00")) for m in ("validFrom", "expiresAt"))
        return None not in (valid.tzinfo, until.tzinfo) and valid.timestamp() <= now < until.timestamp()
    except (KeyError, AttributeError, ValueError):
        return False

def decide(sms):
    part = (canonical(sms["from"]), canonical(sms.get("to", "")), str(sms["part"].get("ref"))) if sms.get("part") else None
    since, *first = stopped.get(part, (-900, "pass", None))  # Of one SMS, what follows a blocked part is blocked.
    found = [("pass", None), *([tuple(first)] if time.monotonic() - since < 900 else [])]
    for key, row in list(table.items()):
        told = [holds(member, wanted, sms) for member, wanted in row["match"].items()]
        if told and False not in told and in_force(row):  # Nothing to match is no order for everybody.
            found.append((row["action"] if None not in told else "review", key))
    action, state = max(found, key=lambda one: ACTIONS.index(one[0]))
    if part and action == "block": stopped[part] = (time.monotonic(), action, None)
    return {"id": sms["id"], "action": action, **({"state": state} if state else {})}

def take(key, value):
    try:
        if value is None: return table.pop(key, None)
        row = json.loads(value)
        asked, limit, row["match"] = row.get("action"), row.get("limit"), dict(row.get("match") or {})
        place = tuple(n if isinstance(n, int) else -1 for n in map(row.get, ("episode", "revision")))
        limited = isinstance(limit, dict) and isinstance(limit.get("perMinute"), (int, float))
        row["action"] = asked if asked in ACTIONS[1:] and (limited or asked != "throttle") else "review"
        if place > held.get(key, ()) or place == held[key] == (-1, -1):  # Without an order the later row holds.
            held[key], table[key] = place, row
    except (ValueError, AttributeError, TypeError) as error:
        print(f"a row cannot be read: {error!r}", file=sys.stderr)

def follow(consumer, unread):
    while (message := consumer.poll()) is not None:
        if message.error() and message.error().code() != KafkaError._PARTITION_EOF:
            raise KafkaException(message.error())
        if message.error():
            unread.discard(message.partition()) or unread or ready.set()
            continue
        kind, stamp = message.timestamp()  # Of a record that comes now, and was stamped by its broker.
        if ready.is_set() and kind == TIMESTAMP_LOG_APPEND_TIME:
            offsets[:] = [max([*offsets, stamp / 1000 - time.monotonic()])]
        take(message.key().decode(), message.value())

settings = {"group.id": "blocker", "enable.auto.commit": False, "enable.partition.eof": True, "bootstrap.servers": os.environ["KAFKA_BROKERS"]}
consumer, topic = Consumer(settings), os.environ["BLOCKS_TOPIC"]
partitions = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
threading.excepthook = lambda failure: (sys.excepthook(*failure[:3]), os._exit(1))  # A stale table lets all pass.
threading.Thread(target=follow, args=(consumer, partitions), daemon=True).start()
ready.wait()  # What is not read yet would be taken for free.
for line in sys.stdin:
    print(json.dumps(decide(json.loads(line)), ensure_ascii=False), flush=True)
