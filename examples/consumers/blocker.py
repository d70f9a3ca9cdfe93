#!/usr/bin/env python3
"""Decides on submissions by the block table of sigwatch, as docs/blocking.md says.

stdin: a JSON a line, {"id", "from", "to"?, "signature"?, "hosts"?}; stdout: {"id", "action", "state"?}. Needs
confluent-kafka (Debian: python3-confluent-kafka), KAFKA_BROKERS, BLOCKS_TOPIC and TOKEN_KEY (<keyId>:<key>).
"""
import base64, hashlib, hmac, json, os, re, sys, threading
from datetime import datetime, timezone
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

ACTIONS = ["pass", "observe", "review", "throttle", "block"]
KEY_ID, KEY = os.environ["TOKEN_KEY"].split(":", 1)
table, held = {}, {}  # rows in force by state; the (episode, revision) that was seen last, also of those that ended
ready = threading.Event()


def canonical(number):
    digits = re.sub(r"^00", "", re.sub(r"[\s+]", "", number))
    plain = digits[2:] if re.match(r"86(106|1[0-9]{10}$)", digits) else digits
    return plain if re.fullmatch(r"[0-9]+", digits) else number


def token(recipient):
    mac = hmac.new(KEY.encode(), canonical(recipient).encode(), hashlib.sha256).digest()[:16]
    return KEY_ID + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def one_of(ports, sender):
    return any(sender.startswith(p[:-1]) if p.endswith("*") else sender == p for p in ports)


def holds(member, wanted, sms):
    """True, False, or None for what cannot be told."""
    if member == "signature":
        return sms.get("signature") == wanted
    if member in ("ports", "exceptPorts"):
        return one_of(wanted, canonical(sms["from"])) == (member == "ports")
    if member == "domains":
        return any(("." + host.lower()).endswith("." + d) for host in sms.get("hosts", []) for d in wanted)
    if member == "toToken" and "to" in sms and wanted.split(".")[0] == KEY_ID:
        return token(sms["to"]) == wanted
    return None


def decide(sms):
    best, state, now = "pass", None, datetime.now(timezone.utc)
    for row in list(table.values()):
        told = [holds(member, wanted, sms) for member, wanted in row["match"].items()]
        if False in told or datetime.fromisoformat(row["expiresAt"].replace("Z", "+00:00")) <= now:
            continue
        action = row["action"] if None not in told and row["action"] in ACTIONS else "review"
        if ACTIONS.index(action) > ACTIONS.index(best):
            best, state = action, row["state"]
    return {"id": sms["id"], "action": best, **({"state": state} if state else {})}


def follow(consumer, unread):
    while True:
        message = consumer.poll()
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
                ready.set() if not unread else None
        elif message.value() is None:
            table.pop(message.key().decode(), None)
        else:
            row = json.loads(message.value())
            if (row["episode"], row["revision"]) > held.get(row["state"], (-1, -1)):
                held[row["state"]], table[row["state"]] = (row["episode"], row["revision"]), row


settings = {"bootstrap.servers": os.environ["KAFKA_BROKERS"], "group.id": "blocker", "enable.auto.commit": False}
consumer, topic = Consumer({**settings, "enable.partition.eof": True}), os.environ["BLOCKS_TOPIC"]
partitions = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
threading.Thread(target=follow, args=(consumer, partitions), daemon=True).start()
ready.wait()  # What is not read yet would be taken for free.
for line in sys.stdin:
    print(json.dumps(decide(json.loads(line)), ensure_ascii=False), flush=True)
