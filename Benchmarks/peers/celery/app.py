"""A Celery consumer of ride.completed with psycopg: one transaction a message, acknowledged after it is committed.

Two shapes of the same work:

- `celery`: each message is a Celery task (the event is its argument), four processes in the prefork pool.
- `celery-bootstep`: the plain CloudEvents off the queue by a consumer step, in four workers of one process each. It is what Celery offers
  for messages of other programs; no task, no pool, so it says more about kombu and py-amqp than about Celery.

Environment: AMQP_URL, DATABASE_URL, QUEUE, BOOTSTEP=1 for the second shape.
"""

import json
import os

import psycopg
from celery import Celery, bootsteps
from celery.signals import worker_process_init
from kombu import Consumer, Queue

APPLY = """
WITH fresh AS (INSERT INTO inbox (message_id) VALUES (%s) ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO members AS m (user_id, rides) SELECT %s, 1 FROM fresh ON CONFLICT (user_id) DO UPDATE SET rides = m.rides + 1
"""
QUEUE = os.environ["QUEUE"]

app = Celery("rides", broker=os.environ["AMQP_URL"])
app.conf.update(
    task_queues=[Queue(QUEUE, no_declare=True, queue_arguments={"x-queue-type": "quorum"})],
    task_acks_late=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_send_sent_event=False,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    # A quorum queue takes no prefetch that is shared by a channel's consumers; Celery sees that by itself and sets one a consumer.
    worker_detect_quorum_queues=True,
)

database = None


@worker_process_init.connect
def connect(**_):
    global database
    database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)


def apply(event):
    # One statement, so one transaction and one round trip.
    database.execute(APPLY, (event["id"], event["data"]["userId"]))


@app.task(name="rides.completed")
def completed(event):
    apply(event)


class Rides(bootsteps.ConsumerStep):
    def get_consumers(self, channel):
        connect()
        return [Consumer(channel, queues=[Queue(QUEUE, no_declare=True)], on_message=self.take, prefetch_count=64)]

    def take(self, message):
        apply(json.loads(message.body))
        message.ack()


if os.environ.get("BOOTSTEP"):
    app.conf.task_queues = [Queue("unused", durable=False, auto_delete=True)]
    app.steps["consumer"].add(Rides)
