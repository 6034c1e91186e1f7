import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the calls that standard input asks for, one line each, on one channel, and writes a line of what came of it.
 * Arguments are the server's target and, for TLS, the file of its authority.
 *
 * <p>Asked: how many at once, UNARY, SERVER_STREAMING, CLIENT_STREAMING or BIDI_STREAMING, the method, the deadline in
 * milliseconds or 0, the coding of requests ("identity", "gzip"), and the messages in base64, with commas between them.
 * Written, for each outcome there was: how often, the status, and the messages likewise.
 */
public final class Calls {
  private static final int MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

  public static void main(String[] args) throws IOException {
    var credentials = args.length > 1
        ? TlsChannelCredentials.newBuilder().trustManager(new File(args[1])).build()
        : InsecureChannelCredentials.create();
    ManagedChannel channel =
        Grpc.newChannelBuilder(args[0], credentials).maxInboundMessageSize(MAX_MESSAGE_BYTES).build();
    var input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] asked = line.split(" ");
      List<CompletableFuture<String>> calls = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(asked[0]); i++) calls.add(call(channel, asked));
      Map<String, Integer> outcomes = new TreeMap<>();
      for (var call : calls) outcomes.merge(call.join(), 1, Integer::sum);
      System.out.println(
          outcomes.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining("; ")));
    }
    channel.shutdownNow();
  }

  private static CompletableFuture<String> call(ManagedChannel channel, String[] asked) {
    var method = MethodDescriptor.newBuilder(BYTES, BYTES)
        .setType(MethodType.valueOf(asked[1]))
        .setFullMethodName(asked[2])
        .build();
    int deadline = Integer.parseInt(asked[3]);
    var options = CallOptions.DEFAULT.withCompression(asked[4]);
    if (deadline > 0) options = options.withDeadlineAfter(deadline, TimeUnit.MILLISECONDS);
    ClientCall<byte[], byte[]> call = channel.newCall(method, options);
    var outcome = new CompletableFuture<String>();
    List<String> replies = new ArrayList<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            replies.add(Base64.getEncoder().encodeToString(message));
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            outcome.complete(status.getCode() + " " + String.join(",", replies));
          }
        },
        new Metadata());
    // One more than a unary call has: an extra reply would be an error.
    call.request(2);
    Stream.of(asked[5].split(",")).map(Base64.getDecoder()::decode).forEach(call::sendMessage);
    // A stream with a deadline waits for it, with its requests open.
    if (deadline == 0 || method.getType() == MethodType.UNARY) call.halfClose();
    return outcome;
  }

  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  };
}
