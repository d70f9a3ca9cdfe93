"""What a team without a product writes in a day: hashed character n-grams into a linear model, counts in Redis.

plain.py BROKERS REDIS_URL TRAINING TOPIC ALERTS COUNT: learns from TRAINING (a label, a tab and a text each line), reads
TOPIC from its start in batches, scores the texts, counts by signature and minute in one Redis pipeline a batch, writes an
alert for each text that is taken for fraud, and prints how many records it has read, a line a batch.
"""
import json
import re
import sys
import time

import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

brokers, redis_url, training, topic, alerts, count = sys.argv[1:]
BATCH = 2048
SIGNATURE = re.compile(r"^【([^】]{1,32})】|【([^】]{1,32})】$")

rows = [line.split("\t", 1) for line in open(training, encoding="utf-8").read().split("\n") if "\t" in line and line[0] != "#"]
reader = HashingVectorizer(analyzer="char", ngram_range=(1, 3), n_features=2**18, alternate_sign=False)
model = SGDClassifier(loss="log_loss", random_state=1)
model.fit(reader.transform([text for _, text in rows]), [label for label, _ in rows])
fraud = list(model.classes_).index("fraud")

store = redis.Redis.from_url(redis_url)
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 5, "acks": "all"})
consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": f"plain-{time.time_ns()}",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
})
consumer.subscribe([topic])

read = 0
while read < int(count):
    batch = [m for m in consumer.consume(BATCH, 0.2) if m.error() is None]
    if not batch:
        continue
    records, texts = [], []
    for message in batch:
        try:
            record = json.loads(message.value())
            text = record["text"]
        except (ValueError, KeyError):
            continue
        records.append(record)
        texts.append(text)
    scores = model.predict_proba(reader.transform(texts))[:, fraud]
    counts = {}
    for record, text, score in zip(records, texts, scores):
        found = SIGNATURE.search(text)
        name = (found.group(1) or found.group(2)) if found else ""
        key = (name, record["ts"] // 60000)
        counts[key] = counts.get(key, 0) + 1
        if score > 0.9:
            alert = {"id": record["id"], "from": record["from"], "signature": name, "score": float(score)}
            producer.produce(alerts, json.dumps(alert, ensure_ascii=False).encode(), record["from"])
    pipeline = store.pipeline(transaction=False)
    for (name, minute), n in counts.items():
        key = f"plain:{name}:{minute}"
        pipeline.incrby(key, n)
        pipeline.expire(key, 7200)
    pipeline.execute()
    producer.poll(0)
    producer.flush()
    last = {(m.topic(), m.partition()): m.offset() + 1 for m in batch}
    consumer.commit(offsets=[TopicPartition(t, p, o) for (t, p), o in last.items()], asynchronous=True)
    read += len(batch)
    print(read, flush=True)
consumer.close()
