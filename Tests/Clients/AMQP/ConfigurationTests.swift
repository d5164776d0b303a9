import AMQP
import Testing

@Suite("Broker URL")
struct ConfigurationTests {
    @Test("Everything that a URL leaves out has its usual value")
    func defaults() throws {
        let configuration = try AMQPConfiguration(url: "amqp://broker")
        #expect(configuration.host == "broker")
        #expect(configuration.port == 5672)
        #expect(configuration.user == "guest")
        #expect(configuration.vhost == "/")
        #expect(configuration.tls == nil)
        #expect(configuration.heartbeat == .seconds(30))
        #expect(configuration.frameMax == 131_072)
        #expect(configuration.connectTimeout == .seconds(5))
    }

    @Test("User, password and vhost are percent-decoded")
    func percentDecoding() throws {
        let configuration = try AMQPConfiguration(url: "amqp://us%40er:p%2Fa%3Ass@[::1]:5673/box%2Foffice")
        #expect(configuration.user == "us@er")
        #expect(configuration.password == "p/a:ss")
        #expect(configuration.host == "::1")
        #expect(configuration.port == 5673)
        #expect(configuration.vhost == "box/office")
    }

    @Test("The vhost is / however it is written", arguments: ["amqp://broker", "amqp://broker/", "amqp://broker/%2F", "amqp://broker/%2f"])
    func rootVhost(url: String) throws {
        #expect(try AMQPConfiguration(url: url).vhost == "/")
    }

    @Test("The password is not shown, however a configuration is printed")
    func password() throws {
        let configuration = try AMQPConfiguration(url: "amqps://user:secret-word@broker")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("secret-word"))
            #expect(text.contains("broker"))
        }
    }

    @Test("Query parameters set what they name")
    func parameters() throws {
        let query = "heartbeat=7&connection_timeout=1500&frame_max=8192&cacertfile=/a%20b.pem&certfile=/c.pem&keyfile=/k.pem&verify=verify_none"
        let configuration = try AMQPConfiguration(url: "amqps://broker?\(query)")
        #expect(configuration.port == 5671)
        #expect(configuration.heartbeat == .seconds(7))
        #expect(configuration.connectTimeout == .milliseconds(1500))
        #expect(configuration.frameMax == 8192)
        #expect(configuration.tls?.authorities == "/a b.pem")
        #expect(configuration.tls?.certificate == "/c.pem")
        #expect(configuration.tls?.key == "/k.pem")
        #expect(configuration.tls?.verify == false)
    }

    @Test(
        "A URL that cannot work is refused in one line that never shows the password",
        arguments: [
            "http://u:secret-word@broker", "amqp://u:secret-word@", "amqp://u:secret-word@broker:99999",
            "amqp://u:secret-word@broker?heartbeat=often",
            "amqp://u:secret-word@broker?heartbeat=-1", "amqp://u:secret-word@broker?frame_max=100", "amqp://u:secret-word@broker?colour=red",
            "amqps://u:secret-word@broker?verify=maybe", "amqps://u:secret-word@broker?certfile=/c.pem", "",
        ])
    func refused(url: String) throws {
        let error = try #require(throws: AMQPConfigurationError.self) { try AMQPConfiguration(url: url) }
        #expect(!error.description.contains("secret"))
        #expect(!error.description.contains("\n"))
    }
}
