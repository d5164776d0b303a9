#include "CRabbitMQ.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static int is_address(const char *host) {
    unsigned char binary[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

const char *crabbit_tls_configure(amqp_socket_t *socket, crabbit_tls_options options) {
    SSL_CTX *context = amqp_ssl_socket_get_context(socket);
    if (amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) != AMQP_STATUS_OK) return "TLS 1.2";
    // The library's own check of the host name knows no IP addresses; OpenSSL's does, and its verdict is part of the verify result.
    amqp_ssl_socket_set_verify_hostname(socket, 0);
    amqp_ssl_socket_set_verify_peer(socket, options.verify);
    if (options.verify) {
        X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
        int named = is_address(options.host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, options.host)
                                             : X509_VERIFY_PARAM_set1_host(parameters, options.host, 0);
        if (named != 1) return "host";
        if (options.authorities == NULL && SSL_CTX_set_default_verify_paths(context) != 1) return "system authorities";
    }
    if (options.authorities != NULL && amqp_ssl_socket_set_cacert(socket, options.authorities) != AMQP_STATUS_OK) return "cacertfile";
    if (options.certificate != NULL && options.key != NULL
        && amqp_ssl_socket_set_key(socket, options.certificate, options.key) != AMQP_STATUS_OK) {
        return "certfile and keyfile";
    }
    return NULL;
}
