/// librabbitmq (rabbitmq-c 0.11) for Swift: the library's own headers, and the few things that Swift cannot say with them.
#ifndef CRABBITMQ_H
#define CRABBITMQ_H

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

/// What a TLS connection insists on. A null path means "not given".
typedef struct crabbit_tls_options {
    const char *authorities;
    const char *certificate;
    const char *key;
    const char *host;
    int verify;
} crabbit_tls_options;

/// Sets authorities (the system's when none are given), client certificate, TLS 1.2 as the lowest version and the name or address
/// that the certificate must carry. On failure returns the name of the option that is at fault, else NULL.
const char *crabbit_tls_configure(amqp_socket_t *socket, crabbit_tls_options options);

/// amqp_login_with_properties with the PLAIN mechanism (the library's own function is variadic, which Swift cannot call).
amqp_rpc_reply_t crabbit_login(amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
                               const amqp_table_t *properties, const char *user, const char *password);

#endif
