// One librabbitmq connection with one channel, for programs that end on the first error.
#pragma once

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 131072

static inline void fail(const char *doing, const char *why) {
    fprintf(stderr, "%s: %s\n", doing, why);
    exit(1);
}

static inline const char *setting(const char *name) {
    const char *value = getenv(name);
    if (!value || !*value) fail(name, "set it in the environment");
    return value;
}

static inline void check_status(int status, const char *doing) {
    if (status != AMQP_STATUS_OK) fail(doing, amqp_error_string2(status));
}

static inline void check_reply(amqp_rpc_reply_t reply, const char *doing) {
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) fail(doing, amqp_error_string2(reply.library_error));
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        amqp_channel_close_t *close = reply.reply.decoded;
        fprintf(stderr, "%s: %.*s\n", doing, (int)close->reply_text.len, (char *)close->reply_text.bytes);
        exit(1);
    }
    fail(doing, "the broker closed the connection");
}

/// Connects to AMQP_URL, logs in and opens channel 1. No heartbeats: the programs never idle.
static inline amqp_connection_state_t open_broker(void) {
    char *url = strdup(setting("AMQP_URL"));
    struct amqp_connection_info info;
    check_status(amqp_parse_url(url, &info), "AMQP_URL");
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    check_status(amqp_socket_open(socket, info.host, info.port), "connect to the broker");
    check_reply(amqp_login(connection, info.vhost, 0, FRAME_MAX, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password), "log in");
    amqp_channel_open(connection, 1);
    check_reply(amqp_get_rpc_reply(connection), "open a channel");
    free(url);
    return connection;
}
