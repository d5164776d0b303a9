// Publisher confirms of one channel, for programs that publish on channel 1 and end on the first message that is refused.
#pragma once

#include <stdint.h>

#include "broker.h"

enum { WINDOW = 4096 };  // unconfirmed messages the broker may owe us

/// Delivery tags up to `settled` are all confirmed; `confirmed` holds those above it, by tag modulo the window.
static uint64_t settled;
static char confirmed[WINDOW];

/// Waits for one confirm, which may cover many messages, and raises `settled` as far as it goes.
static void wait_for_confirm(amqp_connection_state_t connection) {
    amqp_frame_t frame;
    check_status(amqp_simple_wait_frame(connection, &frame), "wait for a confirm");
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id == AMQP_CONNECTION_BLOCKED_METHOD) return;
    if (frame.payload.method.id == AMQP_BASIC_RETURN_METHOD) fail("publish", "no queue is bound for this routing key");
    if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) fail("publish", "the broker refused a message");
    amqp_basic_ack_t *ack = frame.payload.method.decoded;
    for (uint64_t tag = ack->multiple ? settled + 1 : ack->delivery_tag; tag <= ack->delivery_tag; tag++) confirmed[tag % WINDOW] = 1;
    while (confirmed[(settled + 1) % WINDOW]) confirmed[++settled % WINDOW] = 0;
    amqp_maybe_release_buffers(connection);
}
