// Preloads `ride.completed` or `payment.succeeded` messages into a quorum queue: persistent, confirmed, one CloudEvent (structured mode) each.
//
//   load QUEUE COUNT USERS [--celery TASK | --payments]
//
// The stream is the same at every call: message i has an id made from i, and a user drawn from 1…USERS by a fixed generator. The queue is
// declared and bound when it is not there yet. `--celery` wraps each event as the one argument of a Celery task (message protocol 2).
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "confirms.h"

static amqp_bytes_t EXCHANGE, ROUTING_KEY;
static uint64_t state = 0x9E3779B97F4A7C15;

/// splitmix64: reproducible, evenly spread.
static uint64_t next_random(void) {
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static void make_uuid(char out[37]) {
    uint64_t high = next_random(), low = next_random();
    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(high >> 32), (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff,
             (unsigned)(0x8000 | ((low >> 48) & 0x3fff)), low & 0xffffffffffff);
}

/// The exchange, the queue and the binding as the contract has them; a queue that a service declared before is left as it is.
static void declare(amqp_connection_state_t connection, amqp_bytes_t queue) {
    amqp_table_entry_t kind = {
        .key = amqp_cstring_bytes("x-queue-type"),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")},
    };
    amqp_table_t arguments = {.num_entries = 1, .entries = &kind};
    amqp_exchange_declare(connection, 1, EXCHANGE, amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "declare the exchange");
    amqp_queue_declare(connection, 1, queue, 0, 1, 0, 0, arguments);
    check_reply(amqp_get_rpc_reply(connection), "declare the queue");
    amqp_queue_bind(connection, 1, queue, EXCHANGE, ROUTING_KEY, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(connection), "bind the queue");
}

static int write_event(char *body, size_t size, const char *id, uint64_t user, uint64_t ride) {
    return snprintf(body, size,
                    "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/storefront\",\"type\":\"com.boxoffice.ride.completed\","
                    "\"time\":\"2025-06-01T12:00:00Z\",\"datacontenttype\":\"application/json\","
                    "\"data\":{\"userId\":%" PRIu64 ",\"rideId\":\"ride-%" PRIu64 "\",\"completedAt\":\"2025-06-01T11:59:30Z\"}}",
                    id, user, ride);
}

static int write_payment(char *body, size_t size, const char *id, uint64_t user, uint64_t payment) {
    return snprintf(body, size,
                    "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/payments\",\"type\":\"com.boxoffice.payment.succeeded\","
                    "\"time\":\"2025-06-01T12:00:00Z\",\"datacontenttype\":\"application/json\","
                    "\"data\":{\"paymentId\":%" PRIu64 ",\"bookingId\":%" PRIu64 ",\"userId\":%" PRIu64 ",\"amount\":2500,\"currency\":\"EUR\","
                    "\"paidAt\":\"2025-06-01T11:59:30Z\"}}",
                    id, payment, payment, user);
}

static void publish(amqp_connection_state_t connection, const char *task, bool payments, uint64_t users, uint64_t number) {
    char id[37], event[512], wrapped[640];
    make_uuid(id);
    uint64_t user = next_random() % users + 1;
    size_t length = (size_t)(payments ? write_payment : write_event)(event, sizeof event, id, user, number);
    amqp_bytes_t body = {.len = length, .bytes = event};
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = amqp_cstring_bytes(id),
    };
    const char *names[] = {"lang", "task", "id"}, *values[] = {"py", task, id};
    amqp_table_entry_t headers[3];
    if (task) {
        for (int i = 0; i < 3; i++) {
            headers[i].key = amqp_cstring_bytes(names[i]);
            headers[i].value = (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(values[i])};
        }
        properties._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
        properties.headers = (amqp_table_t){.num_entries = 3, .entries = headers};
        properties.content_type = amqp_cstring_bytes("application/json");
        properties.content_encoding = amqp_cstring_bytes("utf-8");
        properties.correlation_id = properties.message_id;
        body.bytes = wrapped;
        body.len = (size_t)snprintf(wrapped, sizeof wrapped, "[[%s],{},{\"callbacks\":null,\"errbacks\":null,\"chain\":null,\"chord\":null}]", event);
    }
    check_status(amqp_basic_publish(connection, 1, EXCHANGE, ROUTING_KEY, 1, 0, &properties, body), "publish");
}

int main(int argc, char **argv) {
    bool celery = argc == 6 && strcmp(argv[4], "--celery") == 0;
    bool payments = argc == 5 && strcmp(argv[4], "--payments") == 0;
    if (argc != 4 && !celery && !payments) fail("usage", "load QUEUE COUNT USERS [--celery TASK | --payments]");
    uint64_t count = strtoull(argv[2], NULL, 10), users = strtoull(argv[3], NULL, 10);
    if (count == 0 || users == 0) fail("usage", "COUNT and USERS are at least 1");
    EXCHANGE = amqp_cstring_bytes("boxoffice.events"), ROUTING_KEY = amqp_cstring_bytes(payments ? "payment.succeeded" : "ride.completed");

    amqp_connection_state_t connection = open_broker();
    declare(connection, amqp_cstring_bytes(argv[1]));
    amqp_confirm_select(connection, 1);
    check_reply(amqp_get_rpc_reply(connection), "turn confirms on");
    for (uint64_t sent = 0; settled < count;) {
        if (sent < count && sent - settled < WINDOW)
            publish(connection, celery ? argv[5] : NULL, payments, users, ++sent);
        else
            wait_for_confirm(connection);
    }
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
    return 0;
}
