// A TLS server on SunJSSE, started as a single source file; a thread for each connection.
//   java Server.java ADDRESS PORT PKCS12 PASSWORD server|client VERSION,VERSION

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
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

public class Server {
    private static final byte[] ANSWER =
            "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] arguments) throws Exception {
        // Empty, it lets TLS 1.0, 1.1 and 3DES in; it has to happen before JSSE is first used.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        InetAddress address = InetAddress.getByName(arguments[0]);
        SSLContext context = context(arguments[2], arguments[3].toCharArray());
        SSLServerSocket listener =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(Integer.parseInt(arguments[1]), 512, address);
        SSLParameters parameters = listener.getSSLParameters();
        parameters.setProtocols(
                Arrays.stream(arguments[5].split(","))
                        .map(version -> version.equals("1.0") ? "TLSv1" : "TLSv" + version)
                        .toArray(String[]::new));
        parameters.setUseCipherSuitesOrder(arguments[4].equals("server"));
        listener.setSSLParameters(parameters);
        ExecutorService threads = Executors.newCachedThreadPool();
        while (true) {
            SSLSocket connection = (SSLSocket) listener.accept();
            threads.execute(() -> serve(connection));
        }
    }

    private static SSLContext context(String file, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
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
