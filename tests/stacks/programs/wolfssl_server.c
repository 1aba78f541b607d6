/* A TLS server on wolfSSL, a process for each connection: ADDRESS PORT CERTIFICATE KEY DHFILE|- any|1.2 CIPHERS|- */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static void check(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

int main(int argc, char **argv) {
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    char request[4096];
    int on = 1;
    check(argc == 8, "reading the arguments");
    wolfSSL_Init();
    int any = strcmp(argv[6], "any") == 0;
    WOLFSSL_CTX *context = wolfSSL_CTX_new(any ? wolfSSLv23_server_method() : wolfTLSv1_2_server_method());
    check(wolfSSL_CTX_use_certificate_file(context, argv[3], SSL_FILETYPE_PEM) == SSL_SUCCESS, "the certificate");
    check(wolfSSL_CTX_use_PrivateKey_file(context, argv[4], SSL_FILETYPE_PEM) == SSL_SUCCESS, "the key");
    if (argv[5][0] != '-')
        check(wolfSSL_CTX_SetTmpDH_file(context, argv[5], SSL_FILETYPE_PEM) == SSL_SUCCESS, "the DH file");
    if (argv[7][0] != '-')
        check(wolfSSL_CTX_set_cipher_list(context, argv[7]) == SSL_SUCCESS, "the ciphers");
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &here.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(listener, (struct sockaddr *)&here, sizeof here) == 0, "bind");
    listen(listener, 512);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (fork() == 0) {
            WOLFSSL *tls = wolfSSL_new(context);
            wolfSSL_set_fd(tls, connection);
            if (wolfSSL_accept(tls) == SSL_SUCCESS && wolfSSL_read(tls, request, sizeof request) > 0)
                wolfSSL_write(tls, answer, sizeof answer - 1);
            close(connection);
            _exit(0);
        }
        close(connection);
    }
}
