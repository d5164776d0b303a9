// A Go consumer of ride.completed: amqp091-go and pgx, 16 workers, one transaction a message.
//
//	AMQP_URL=… DATABASE_URL=… go-consumer QUEUE
//
// The transaction is one prepared statement in one round trip: the id into the inbox and, if it is new, the counter of its user raised.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/jackc/pgx/v4/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	workers  = 16
	prefetch = 512
	apply    = `WITH fresh AS (INSERT INTO inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1)
INSERT INTO members AS m (user_id, rides) SELECT $2::bigint, 1 FROM fresh ON CONFLICT (user_id) DO UPDATE SET rides = m.rides + 1`
)

type rideCompleted struct {
	Data struct {
		UserID int64 `json:"userId"`
	} `json:"data"`
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go-consumer QUEUE")
	}
	pool := connectPool(context.Background())
	deliveries := consume(os.Args[1])
	for i := 1; i < workers; i++ {
		go work(pool, deliveries)
	}
	work(pool, deliveries)
	log.Fatal("the broker closed the connection")
}

func connectPool(ctx context.Context) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	check("DATABASE_URL", err)
	config.MaxConns = workers
	config.MinConns = workers
	pool, err := pgxpool.ConnectConfig(ctx, config)
	check("connect to the database", err)
	return pool
}

func consume(queue string) <-chan amqp.Delivery {
	connection, err := amqp.Dial(os.Getenv("AMQP_URL"))
	check("connect to the broker", err)
	channel, err := connection.Channel()
	check("open a channel", err)
	check("set the prefetch", channel.Qos(prefetch, 0, false))
	deliveries, err := channel.Consume(queue, "", false, false, false, false, nil)
	check("consume", err)
	return deliveries
}

func work(pool *pgxpool.Pool, deliveries <-chan amqp.Delivery) {
	ctx := context.Background()
	for delivery := range deliveries {
		var ride rideCompleted
		check("decode", json.Unmarshal(delivery.Body, &ride))
		_, err := pool.Exec(ctx, apply, delivery.MessageId, ride.Data.UserID)
		check("apply", err)
		check("acknowledge", delivery.Ack(false))
	}
}

func check(doing string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", doing, err)
	}
}
