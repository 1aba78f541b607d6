/* A TLS server on BearSSL, a process for each connection: ADDRESS PORT CERTIFICATE.der KEY.der */
#include <arpa/inet.h>
#include <bearssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
static unsigned char certificate[16384], key[16384];

static size_t load(const char *path, unsigned char *into) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        exit(1);
    size_t size = fread(into, 1, 16384, file);
    fclose(file);
    return size;
}

static int low_read(void *context, unsigned char *data, size_t size) {
    ssize_t got = read(*(int *)context, data, size);
    return got > 0 ? (int)got : -1;
}

static int low_write(void *context, const unsigned char *data, size_t size) {
    ssize_t put = write(*(int *)context, data, size);
    return put > 0 ? (int)put : -1;
}

static void serve(int connection, const br_x509_certificate *chain, const br_rsa_private_key *pair) {
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    unsigned char request[4096];
    br_ssl_server_context server;
    br_sslio_context stream;
    br_ssl_server_init_full_rsa(&server, chain, 1, pair);
    br_ssl_engine_set_buffer(&server.eng, buffer, sizeof buffer, 1);
    br_ssl_server_reset(&server);
    br_sslio_init(&stream, &server.eng, low_read, &connection, low_write, &connection);
    if (br_sslio_read(&stream, request, sizeof request) > 0) {
        br_sslio_write_all(&stream, answer, sizeof answer - 1);
        br_sslio_flush(&stream);
    }
}

int main(int argc, char **argv) {
    int on = 1;
    if (argc != 5)
        return 1;
    br_x509_certificate chain = {certificate, load(argv[3], certificate)};
    br_skey_decoder_context decoder;
    br_skey_decoder_init(&decoder);
    br_skey_decoder_push(&decoder, key, load(argv[4], key));
    const br_rsa_private_key *pair = br_skey_decoder_get_rsa(&decoder);
    if (pair == NULL)
        return 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &here.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0)
        return 1;
    listen(listener, 512);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (fork() == 0) {
            serve(connection, &chain, pair);
            close(connection);
            _exit(0);
        }
        close(connection);
    }
}
