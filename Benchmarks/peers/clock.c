// The ceiling of the clock: a C program that publishes COUNT ticks at each instant, and does nothing else.
//
// One thread, one connection, one channel with confirms. The messages of an instant are written before it comes; at the instant they are
// published, persistent and mandatory, and the confirms are awaited. No database, no ledger, no second replica.
//
//   AMQP_URL=… clock COUNT INSTANTS EVERY      EVERY is in seconds; instants are its multiples, as with the cron expression `*/EVERY * * * * *`
#include <errno.h>
#include <time.h>

#include "../tools/confirms.h"

enum { BODY = 512, KEY = 32 };

typedef struct {
    char key[KEY], id[64], body[BODY];
} tick_t;

static void write_tick(tick_t *tick, long number, const char *instant) {
    snprintf(tick->key, sizeof tick->key, "bench.tick-%ld", number);
    snprintf(tick->id, sizeof tick->id, "%s@%s", tick->key, instant);
    snprintf(tick->body, sizeof tick->body,
             "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/tick-publisher\",\"type\":\"com.boxoffice.tick\",\"time\":\"%s\","
             "\"datacontenttype\":\"application/json\",\"data\":{\"job\":\"%s\",\"scheduledFor\":\"%s\",\"trigger\":\"schedule\",\"dryRun\":false,"
             "\"parameters\":{},\"misfire\":\"none\"}}",
             tick->id, instant, tick->key, instant);
}

static void publish(amqp_connection_state_t connection, const tick_t *tick) {
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = amqp_cstring_bytes(tick->id),
    };
    check_status(amqp_basic_publish(connection, 1, amqp_cstring_bytes("boxoffice.ticks"), amqp_cstring_bytes(tick->key), 1, 0, &properties,
                                    amqp_cstring_bytes(tick->body)),
                 "publish");
}

static void sleep_until(time_t instant) {
    struct timespec at = {.tv_sec = instant};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

int main(int argc, char **argv) {
    if (argc != 4) fail("usage", "clock COUNT INSTANTS EVERY");
    long count = strtol(argv[1], NULL, 10), instants = strtol(argv[2], NULL, 10), every = strtol(argv[3], NULL, 10);
    if (count < 1 || count > WINDOW || instants < 1 || every < 1) fail("usage", "COUNT, INSTANTS and EVERY are at least 1, COUNT at most 4096");
    tick_t *ticks = calloc((size_t)count, sizeof *ticks);
    if (!ticks) fail("memory", "there is none");

    amqp_connection_state_t connection = open_broker();
    amqp_confirm_select(connection, 1);
    check_reply(amqp_get_rpc_reply(connection), "turn confirms on");
    uint64_t sent = 0;
    for (long number = 0; number < instants; number++) {
        time_t instant = (time(NULL) / every + 1) * every;
        char text[32];
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&instant));
        for (long tick = 0; tick < count; tick++) write_tick(&ticks[tick], tick + 1, text);
        sleep_until(instant);
        for (long tick = 0; tick < count; tick++) publish(connection, &ticks[tick]);
        sent += (uint64_t)count;
        while (settled < sent) wait_for_confirm(connection);
    }
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
    return 0;
}
