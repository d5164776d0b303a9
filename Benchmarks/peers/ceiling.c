// The ceiling: what a C program reaches on the libraries that the services use, librabbitmq and libpq.
//
// One thread, one broker connection, one database connection. It takes what has arrived, up to BATCH messages, and applies them with one
// prepared statement (its own transaction): ids into the inbox, duplicates dropped, each user's counter raised; then one cumulative
// acknowledgement. It waits for the database between batches; with `--overlap` it receives and decodes the next batch meanwhile.
//
//   AMQP_URL=… DATABASE_URL=… ceiling QUEUE [--overlap]
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "../tools/broker.h"

enum { BATCH = 256, PREFETCH = 4 * BATCH, ID_LENGTH = 64, TEXT_OID = 25, BIGINT_OID = 20, ARRAY_HEADER = 20 };

static const char *const APPLY =
    "WITH fresh AS ("
    "    INSERT INTO inbox (message_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING message_id"
    ") INSERT INTO members AS m (user_id, rides)"
    "    SELECT user_id, count(DISTINCT message_id) FROM fresh JOIN unnest($1::text[], $2::bigint[]) AS ride (message_id, user_id) USING (message_id)"
    "    GROUP BY user_id"
    "    ON CONFLICT (user_id) DO UPDATE SET rides = m.rides + excluded.rides";

/// A batch, written as it arrives in the binary form of the two array parameters.
typedef struct {
    int count;
    uint64_t last_tag;
    size_t ids_length;
    char ids[ARRAY_HEADER + BATCH * (4 + ID_LENGTH)];
    char users[ARRAY_HEADER + BATCH * 12];
} batch_t;

static void put32(char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, 4);
}

static void put_array_header(char *at, uint32_t type, uint32_t count) {
    put32(at, 1), put32(at + 4, 0), put32(at + 8, type), put32(at + 12, count), put32(at + 16, 1);
}

/// `data.userId` of the CloudEvent.
static uint64_t user_of(amqp_bytes_t body) {
    static const char data_key[] = "\"data\":", user_key[] = "\"userId\":";
    const char *end = (char *)body.bytes + body.len;
    const char *at = memmem(body.bytes, body.len, data_key, sizeof data_key - 1);
    if (at) at = memmem(at, (size_t)(end - at), user_key, sizeof user_key - 1);
    if (!at) fail("decode", "the body has no data.userId");
    at += sizeof user_key - 1;
    while (at < end && *at == ' ') at++;
    uint64_t user = 0;
    const char *digits = at;
    while (at < end && *at >= '0' && *at <= '9') user = user * 10 + (uint64_t)(*at++ - '0');
    if (at == digits || at == end) fail("decode", "data.userId is not a number");
    return user;
}

static void add(batch_t *batch, const amqp_envelope_t *envelope) {
    amqp_bytes_t id = envelope->message.properties.message_id;
    if (!(envelope->message.properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) || id.len == 0 || id.len > ID_LENGTH)
        fail("decode", "a message has no id, or too long a one");
    if (batch->count == 0) batch->ids_length = ARRAY_HEADER;
    put32(batch->ids + batch->ids_length, (uint32_t)id.len);
    memcpy(batch->ids + batch->ids_length + 4, id.bytes, id.len);
    batch->ids_length += 4 + id.len;

    char *slot = batch->users + ARRAY_HEADER + batch->count * 12;
    uint64_t user = htobe64(user_of(envelope->message.body));
    put32(slot, 8);
    memcpy(slot + 4, &user, 8);
    batch->count++;
    batch->last_tag = envelope->delivery_tag;
}

/// Takes one message if one is there within `timeout` (NULL: waits for it).
static bool take(amqp_connection_state_t broker, batch_t *batch, const struct timeval *timeout) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(broker);
    amqp_rpc_reply_t reply = amqp_consume_message(broker, &envelope, timeout, 0);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) return false;
    check_reply(reply, "consume");
    add(batch, &envelope);
    amqp_destroy_envelope(&envelope);
    return true;
}

static void send_batch(PGconn *database, batch_t *batch) {
    put_array_header(batch->ids, TEXT_OID, (uint32_t)batch->count);
    put_array_header(batch->users, BIGINT_OID, (uint32_t)batch->count);
    const char *values[] = {batch->ids, batch->users};
    int lengths[] = {(int)batch->ids_length, ARRAY_HEADER + batch->count * 12}, binary[] = {1, 1};
    if (!PQsendQueryPrepared(database, "apply", 2, values, lengths, binary, 1)) fail("apply", PQerrorMessage(database));
    while (PQflush(database) > 0) {}
}

/// Waits for the batch in the database to be committed and acknowledges it.
static void finish(PGconn *database, amqp_connection_state_t broker, batch_t *batch) {
    PGresult *result;
    while ((result = PQgetResult(database))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("apply", PQresultErrorMessage(result));
        PQclear(result);
    }
    if (amqp_basic_ack(broker, 1, batch->last_tag, 1) != 0) fail("acknowledge", "the connection is gone");
    batch->count = 0;
}

/// Whether the database has answered; reads what is there, never waits.
static bool answered(PGconn *database) {
    if (!PQconsumeInput(database)) fail("apply", PQerrorMessage(database));
    return !PQisBusy(database);
}

/// Fills `batch` with what has arrived, without lingering: it ends when it is full, or nothing more is there and the database is free.
static void fill(amqp_connection_state_t broker, PGconn *database, bool busy, batch_t *batch) {
    static const struct timeval now = {0, 0};
    while (batch->count < BATCH) {
        if (take(broker, batch, &now)) continue;
        if (busy) {
            if (answered(database)) return;
            struct pollfd sources[] = {{.fd = amqp_get_sockfd(broker), .events = POLLIN}, {.fd = PQsocket(database), .events = POLLIN}};
            if (poll(sources, 2, -1) < 0 && errno != EINTR) fail("poll", strerror(errno));
        } else if (batch->count > 0) {
            return;
        } else {
            take(broker, batch, NULL);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) fail("usage", "ceiling QUEUE [--overlap]");
    bool overlap = argc > 2 && strcmp(argv[2], "--overlap") == 0;

    PGconn *database = PQconnectdb(setting("DATABASE_URL"));
    if (PQstatus(database) != CONNECTION_OK) fail("DATABASE_URL", PQerrorMessage(database));
    PGresult *prepared = PQprepare(database, "apply", APPLY, 2, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) fail("prepare", PQresultErrorMessage(prepared));
    PQclear(prepared);

    amqp_connection_state_t broker = open_broker();
    amqp_basic_qos(broker, 1, 0, PREFETCH, 0);
    check_reply(amqp_get_rpc_reply(broker), "set the prefetch");
    amqp_basic_consume(broker, 1, amqp_cstring_bytes(argv[1]), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check_reply(amqp_get_rpc_reply(broker), "consume");

    static batch_t batches[2];
    batch_t *arriving = &batches[0], *working = &batches[1];
    for (;;) {
        fill(broker, database, working->count > 0, arriving);
        if (working->count > 0) finish(database, broker, working);
        if (arriving->count == 0) continue;
        batch_t *full = arriving;
        arriving = working;
        working = full;
        send_batch(database, working);
        if (!overlap) finish(database, broker, working);
    }
}
