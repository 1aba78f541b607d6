// A TLS server on BouncyCastle's JSSE provider; a thread for each connection.
//   java BcServer ADDRESS PORT PKCS12 PASSWORD default|VERSION,VERSION

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Security;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;

public class BcServer {
    private static final byte[] ANSWER =
            "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Security.addProvider(new BouncyCastleJsseProvider());
        KeyStore store = KeyStore.getInstance("PKCS12");
        char[] password = arguments[3].toCharArray();
        try (InputStream in = new FileInputStream(arguments[2])) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX", "BCJSSE");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS", "BCJSSE");
        context.init(keys.getKeyManagers(), null, null);
        InetAddress address = InetAddress.getByName(arguments[0]);
        SSLServerSocket listener =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(Integer.parseInt(arguments[1]), 512, address);
        if (!arguments[4].equals("default")) {
            listener.setEnabledProtocols(
                    Arrays.stream(arguments[4].split(","))
                            .map(version -> version.equals("1.0") ? "TLSv1" : "TLSv" + version)
                            .toArray(String[]::new));
        }
        ExecutorService threads = Executors.newCachedThreadPool();
        while (true) {
            SSLSocket connection = (SSLSocket) listener.accept();
            threads.execute(() -> serve(connection));
        }
    }

    private static void serve(SSLSocket connection) {
        try (connection) {
            connection.setSoTimeout(60_000);
            connection.startHandshake();
            if (connection.getInputStream().read(new byte[4096]) > 0) {
                connection.getOutputStream().write(ANSWER);
            }
        } catch (IOException left) {
            // A client may leave at any point.
        }
    }
}
