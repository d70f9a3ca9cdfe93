import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Decodes fetched bytes as a Java consumer does: checksums of batches and records, then all records. On its input, each
 * time: four bytes of length, then what a fetch brought of a partition. On its output, for each a line of JSON: the batches
 * with their records and what was thrown, in hexadecimal digits.
 */
public class ReadBatches {
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(System.in);
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, "UTF-8");
        while (true) {
            int length;
            try {
                length = in.readInt();
            } catch (EOFException end) {
                break;
            }
            byte[] bytes = new byte[length];
            in.readFully(bytes);
            StringBuilder line = new StringBuilder();
            read(ByteBuffer.wrap(bytes), line);
            out.println(line);
            if (in.available() == 0) out.flush();
        }
        out.flush();
    }

    private static void read(ByteBuffer bytes, StringBuilder line) {
        line.append("{\"batches\":[");
        String failure = null;
        try {
            boolean isFirst = true;
            for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
                if (!isFirst) line.append(',');
                isFirst = false;
                readBatch(batch, line);
            }
        } catch (Throwable error) {
            failure = textOf(error);
        }
        line.append(']');
        if (failure != null) line.append(",\"error\":").append(failure);
        line.append('}');
    }

    private static void readBatch(RecordBatch batch, StringBuilder line) {
        StringBuilder records = new StringBuilder();
        String failure = null;
        boolean isControl = false;
        try {
            batch.ensureValid();
            isControl = batch.isControlBatch();
            try (var iterator = batch.streamingIterator(BufferSupplier.NO_CACHING)) {
                while (iterator.hasNext()) {
                    var record = iterator.next();
                    record.ensureValid();
                    if (records.length() > 0) records.append(',');
                    append(record, batch.timestampType(), records);
                }
            }
        } catch (Throwable error) {
            failure = textOf(error);
        }
        line.append("{\"last\":\"").append(batch.lastOffset()).append("\",\"control\":").append(isControl);
        line.append(",\"records\":[").append(records).append(']');
        if (failure != null) line.append(",\"error\":").append(failure);
        line.append('}');
    }

    private static void append(Record record, TimestampType type, StringBuilder to) {
        to.append("{\"offset\":\"").append(record.offset()).append("\",\"timestamp\":\"").append(record.timestamp());
        to.append("\",\"type\":\"").append(type).append("\",\"key\":").append(hex(record.hasKey() ? record.key() : null));
        to.append(",\"value\":").append(hex(record.value())).append(",\"headers\":[");
        Header[] headers = record.headers();
        for (int i = 0; i < headers.length; i++) {
            if (i > 0) to.append(',');
            byte[] value = headers[i].value();
            to.append('[').append(hex(ByteBuffer.wrap(headers[i].key().getBytes(StandardCharsets.UTF_8))));
            to.append(',').append(value == null ? "null" : hex(ByteBuffer.wrap(value))).append(']');
        }
        to.append("]}");
    }

    private static String hex(ByteBuffer bytes) {
        if (bytes == null) return "null";
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return '"' + HEX.formatHex(copy) + '"';
    }

    private static String textOf(Throwable error) {
        String text = error.getClass().getSimpleName() + ": " + error.getMessage();
        return '"' + text.replaceAll("[^ -~]", "?").replace("\\", "/").replace("\"", "'") + '"';
    }
}
