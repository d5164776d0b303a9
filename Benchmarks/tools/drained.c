// Waits until a queue has nothing ready any more, and ends.
//
//   drained QUEUE
//
// A passive declaration, ten times a second: the cheapest question the broker can be asked. Messages that were delivered and not yet
// acknowledged are not counted; who needs to know that they are done counts what they cause.
#include <time.h>

#include "broker.h"

int main(int argc, char **argv) {
    if (argc != 2) fail("usage", "drained QUEUE");
    amqp_connection_state_t connection = open_broker();
    for (;;) {
        amqp_queue_declare_ok_t *queue = amqp_queue_declare(connection, 1, amqp_cstring_bytes(argv[1]), 1, 0, 0, 0, amqp_empty_table);
        check_reply(amqp_get_rpc_reply(connection), "look at the queue");
        if (queue->message_count == 0) return 0;
        amqp_maybe_release_buffers(connection);
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}
