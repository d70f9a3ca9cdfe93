import com.fasterxml.jackson.databind.*;
import java.text.Normalizer;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.StreamSupport;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
/** Decides by the block table, as docs/blocking.md says: input and output as in blocker.py. Needs Kafka's client and Jackson. */
public class Blocker {
  static final List<String> ACTIONS = List.of("pass", "observe", "review", "throttle", "block");
  static final ObjectMapper JSON = new ObjectMapper();
  static final String[] KEY = System.getenv("TOKEN_KEY").split(":", 2); // With KAFKA_BROKERS and BLOCKS_TOPIC.
  static final Map<String, JsonNode> table = new ConcurrentHashMap<>();
  static volatile long offset = Long.MIN_VALUE; // The clock of the brokers less the monotonic one, ms; the least: not known yet.
  static final Map<String, Long> stopped = new HashMap<>(); // SMS of which a part was blocked, and when, ns.
  static final Map<String, long[]> held = new HashMap<>(); // Episode and revision seen last, also of states that ended.
  static String canonical(String number) {
    String digits = Normalizer.normalize(number, Normalizer.Form.NFKC).replaceAll("[\\s+]", "").replaceFirst("^00", "").replaceFirst("^86(?=106|1[0-9]{10}$)", "");
    return digits.matches("[0-9]+") ? digits : number;
  }
  static String token(String recipient) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(KEY[1].getBytes("UTF-8"), "HmacSHA256"));
    byte[] all = mac.doFinal(canonical(recipient).getBytes("UTF-8")), first = Arrays.copyOf(all, 16);
    return KEY[0] + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(first);
  }
  static List<String> texts(JsonNode l) { return StreamSupport.stream(l.spliterator(), false).map(JsonNode::asText).toList(); }
  /** Null: it cannot be told. */
  static Boolean holds(String member, JsonNode wanted, JsonNode sms) throws Exception {
    String from = canonical(sms.path("from").asText()), to = sms.path("to").asText(""), given = wanted.asText();
    if (Set.of("ports", "exceptPorts", "domains").contains(member) && !wanted.isArray()) return null; // Of another form.
    if (member.equals("signature")) return wanted.isTextual() && sms.hasNonNull(member) ? wanted.equals(sms.get(member)) : null;
    if (member.equals("ports") || member.equals("exceptPorts")) return member.equals("ports") == texts(wanted).stream()
        .anyMatch(p -> p.endsWith("*") ? from.startsWith(canonical(p.substring(0, p.length() - 1))) : canonical(p).equals(from));
    if (member.equals("domains")) return !sms.hasNonNull("hosts") ? null : texts(sms.get("hosts")).stream().anyMatch(host ->
        texts(wanted).stream().anyMatch(d -> ("." + host).matches("(?i).*\\.\\Q" + d.replaceFirst("\\.$", "") + "\\E\\.?")));
    return member.equals("toToken") && !to.isEmpty() && given.lastIndexOf('.') == KEY[0].length() && given.startsWith(KEY[0]) ? given.equals(token(to)) : null;
  }
  static boolean isInForce(JsonNode row) { // Without times that can be read a row orders nothing, as past its time.
    Instant now = offset == Long.MIN_VALUE ? Instant.now() : Instant.ofEpochMilli(offset + System.nanoTime() / 1_000_000);
    try { return !Instant.parse(row.path("validFrom").asText()).isAfter(now)
        && Instant.parse(row.path("expiresAt").asText()).isAfter(now); } catch (DateTimeException e) { return false; }
  }
  static JsonNode decide(JsonNode sms) throws Exception {
    var answer = JSON.createObjectNode().put("id", sms.path("id").asText()).put("action", "pass");
    String of = sms.hasNonNull("part") ? String.join("/", canonical(sms.path("from").asText()), canonical(sms.path("to").asText()), sms.path("part").path("ref").asText()) : "";
    if (stopped.containsKey(of) && System.nanoTime() - stopped.get(of) < 900_000_000_000L) return answer.put("action", "block");
    for (JsonNode row : table.values()) {
      List<Boolean> told = new ArrayList<>(); boolean isLimited = row.path("limit").path("perMinute").isNumber();
      for (var member : row.path("match").properties()) told.add(holds(member.getKey(), member.getValue(), sms));
      if (told.isEmpty() || told.contains(false) || !isInForce(row)) continue; // Nothing to match is not everybody.
      String said = row.path("action").asText(), asked = !isLimited && said.equals("throttle") ? "review" : said;
      String action = told.contains(null) || ACTIONS.indexOf(asked) < 1 ? "review" : asked;
      if (ACTIONS.indexOf(action) > ACTIONS.indexOf(answer.path("action").asText()))
        answer.put("action", action).put("state", row.path("state").asText());
    }
    if (!of.isEmpty() && answer.path("action").asText().equals("block")) stopped.put(of, System.nanoTime());
    return answer;
  }
  static void follow(Consumer<String, String> consumer, boolean isLive) throws Exception {
    for (var record : consumer.poll(Duration.ofMillis(100))) {
      if (isLive && record.timestampType() == TimestampType.LOG_APPEND_TIME) // It comes now, and its broker stamped it.
        offset = Math.max(offset, record.timestamp() - System.nanoTime() / 1_000_000);
      if (record.value() == null) { table.remove(record.key()); continue; }
      JsonNode row = JSON.nullNode(); try { row = JSON.readTree(record.value()); } catch (java.io.IOException e) { } // Refused as no object.
      if (!row.isObject()) { System.err.println("a row cannot be read"); continue; }
      long[] place = {row.path("episode").asLong(-1), row.path("revision").asLong(-1)};
      if (Arrays.compare(place, held.getOrDefault(record.key(), new long[0])) < (place[0] < 0 ? 0 : 1)) continue; // The later, if unordered.
      held.put(record.key(), place); table.put(record.key(), row);
    }
  }
  public static void main(String[] args) throws Exception {
    String text = "org.apache.kafka.common.serialization.StringDeserializer", topic = System.getenv("BLOCKS_TOPIC");
    var consumer = new KafkaConsumer<String, String>(Map.of("bootstrap.servers", System.getenv("KAFKA_BROKERS"), "key.deserializer", text, "value.deserializer", text));
    var partitions = consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
    consumer.assign(partitions); consumer.seekToBeginning(partitions); var ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) follow(consumer, false); // Else it would be free.
    var follower = new Thread(() -> { // A table that is no longer followed would let everything pass.
      try { while (true) follow(consumer, true); } catch (Throwable t) { t.printStackTrace(); System.exit(1); } });
    follower.setDaemon(true); follower.start(); // The end of the input ends it.
    for (var lines = new Scanner(System.in, "UTF-8"); lines.hasNextLine(); )
      System.out.println(decide(JSON.readTree(lines.nextLine())));
  }
}
