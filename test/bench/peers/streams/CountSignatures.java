import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * What a team that knows Kafka Streams writes: counts by signature and minute beside a smoothed baseline, in memory with
 * a changelog, and an alert for a minute that passes four times its baseline. It reads no text beyond the signature.
 *
 * <p>{@code java -cp JARS CountSignatures.java BROKERS TOPIC ALERTS COUNT THREADS STATE_FOLDER}: reads TOPIC from its start and
 * prints how many records are done, a line for each thousand: one that is read and written to the repartition topic is half
 * done, one that is counted is done.
 */
public final class CountSignatures {
  private static final Pattern SIGNATURE = Pattern.compile("^【([^】]{1,32})】|【([^】]{1,32})】$");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STORE = "minutes";
  private static final double RATIO = 4;
  private static final long LEAST = 60;
  private static final double SMOOTHING = 0.1;

  private CountSignatures() {}

  public static void main(String[] args) throws InterruptedException {
    String topic = args[1];
    String alerts = args[2];
    long expected = Long.parseLong(args[3]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "streams-" + System.nanoTime());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[4]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[5]);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");

    AtomicLong halves = new AtomicLong();
    CountDownLatch done = new CountDownLatch(1);
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.String())
            .withCachingEnabled());
    builder
        .stream(topic, Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .map(
            (from, value) -> {
              halfDone(halves);
              return signatureAndTime(value);
            })
        .repartition(Repartitioned.with(Serdes.String(), Serdes.Long()).withName("signatures"))
        .process(() -> new Counter(halves, expected, done), STORE)
        .to(alerts, Produced.with(Serdes.String(), Serdes.String()));

    try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
      streams.start();
      done.await();
      streams.close(Duration.ofSeconds(10));
    }
  }

  /** Signature (empty where there is none) and time of a record, ms; time 0 where the record cannot be read. */
  private static KeyValue<String, Long> signatureAndTime(byte[] value) {
    try {
      JsonNode record = JSON.readTree(value);
      Matcher found = SIGNATURE.matcher(record.path("text").asText());
      String name = !found.find() ? "" : found.group(1) != null ? found.group(1) : found.group(2);
      return KeyValue.pair(name, record.path("ts").asLong());
    } catch (java.io.IOException unreadable) {
      return KeyValue.pair("", 0L);
    }
  }

  private static long halfDone(AtomicLong halves) {
    long all = halves.incrementAndGet();
    if (all % 2_000 == 0) System.out.println(all / 2);
    return all;
  }

  /** Counts a minute, and folds it into the baseline when the next one begins. */
  private static final class Counter implements Processor<String, Long, String, String> {
    private final AtomicLong halves;
    private final long expected;
    private final CountDownLatch done;
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, String> minutes;

    Counter(AtomicLong halves, long expected, CountDownLatch done) {
      this.halves = halves;
      this.expected = expected;
      this.done = done;
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
      context = given;
      minutes = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, Long> record) {
      long minute = record.value() / 60_000;
      String row = minutes.get(record.key());
      String[] stored = row == null ? null : row.split(" ");
      long at = stored == null ? minute : Long.parseLong(stored[0]);
      long count = stored == null ? 0 : Long.parseLong(stored[1]);
      double baseline = stored == null ? 0 : Double.parseDouble(stored[2]);
      if (minute > at) {
        baseline = baseline == 0 ? count : baseline + SMOOTHING * (count - baseline);
        at = minute;
        count = 0;
      }
      count++;
      minutes.put(record.key(), at + " " + count + " " + baseline);
      if (baseline > 0 && count == (long) Math.max(LEAST, RATIO * baseline)) {
        Map<String, Object> alert = Map.of("signature", record.key(), "minute", at, "count", count, "baseline", baseline);
        context.forward(record.withValue(JSON.valueToTree(alert).toString()));
      }
      if (halfDone(halves) == 2 * expected) {
        System.out.println(expected);
        done.countDown();
      }
    }
  }
}
