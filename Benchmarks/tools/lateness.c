// How late ticks arrive: takes COUNT of them off `boxoffice.ticks` and prints a line for each, `<scheduledFor> <milliseconds late>`.
//
//   lateness COUNT
//
// The arrival is stamped the moment the frame is out of librabbitmq, on the same clock (CLOCK_REALTIME, this host) that the publisher uses.
// A tick of before the start of the program (a publisher catching up) is not counted. Prints `listening` on stderr when the queue is bound.
#include <stdbool.h>
#include <time.h>

#include "broker.h"

enum { TIME_LENGTH = 40 };

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/// The text of `scheduledFor` in the body, up to its closing quote.
static void find_scheduled(amqp_bytes_t body, char out[TIME_LENGTH]) {
    static const char key[] = "\"scheduledFor\"";
    const char *end = (char *)body.bytes + body.len, *at = memmem(body.bytes, body.len, key, sizeof key - 1);
    if (!at) fail("decode", "a tick has no scheduledFor");
    at += sizeof key - 1;
    while (at < end && *at != '"') at++;
    size_t length = 0;
    for (at++; at < end && *at != '"' && length < TIME_LENGTH - 1; at++) out[length++] = *at;
    out[length] = 0;
}

/// Seconds since 1970 of an RFC 3339 instant in UTC (`Z`), with or without a fraction.
static double seconds_of(const char *text) {
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest) fail("decode scheduledFor", text);
    char *end = (char *)rest;
    double fraction = *rest == '.' ? strtod(rest, &end) : 0;
    if (strcmp(end, "Z") != 0) fail("decode scheduledFor (not in UTC)", text);
    return (double)timegm(&parts) + fraction;
}

static void listen_for_ticks(amqp_connection_state_t connection) {
    amqp_bytes_t exchange = amqp_cstring_bytes("boxoffice.ticks");
    amqp_exchange_declare(connection, 1, exchange, amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "declare boxoffice.ticks");
    amqp_queue_declare_ok_t *declared = amqp_queue_declare(connection, 1, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "declare a queue");
    amqp_bytes_t queue = amqp_bytes_malloc_dup(declared->queue);
    amqp_queue_bind(connection, 1, queue, exchange, amqp_cstring_bytes("#"), amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "bind the queue");
    amqp_basic_consume(connection, 1, queue, amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "consume");
    amqp_bytes_free(queue);
}

int main(int argc, char **argv) {
    if (argc != 2) fail("usage", "lateness COUNT");
    amqp_connection_state_t connection = open_broker();
    listen_for_ticks(connection);
    fprintf(stderr, "listening\n");
    double start = now();
    for (long left = strtol(argv[1], NULL, 10); left > 0;) {
        amqp_envelope_t envelope;
        amqp_maybe_release_buffers(connection);
        check_reply(amqp_consume_message(connection, &envelope, NULL, 0), "consume");
        double arrived = now();
        char scheduled[TIME_LENGTH];
        find_scheduled(envelope.message.body, scheduled);
        double due = seconds_of(scheduled);
        amqp_destroy_envelope(&envelope);
        if (due <= start) continue;
        printf("%s %.3f\n", scheduled, (arrived - due) * 1e3);
        left--;
    }
    return 0;
}
