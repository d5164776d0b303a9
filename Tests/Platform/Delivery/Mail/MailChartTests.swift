import Foundation
import Testing

@testable import Platform

@Suite("Charts in mails")
struct MailChartTests {
    private struct Image: Decodable {
        let width: Int
        let height: Int
        let colors: [[Int]]
        let pixels: [Int]
    }

    /// What a PNG reader that is not ours reads.
    private func read(_ file: [UInt8]) throws -> Image {
        let path = FileManager.default.temporaryDirectory.appending(path: "chart-\(UUID().uuidString).png")
        try Data(file).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let python = try #require(ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"], "BOXOFFICE_PYTHON is not set; run the tests by make test")
        let (child, output) = (Process(), Pipe())
        child.executableURL = URL(filePath: python)
        child.arguments = ["-c", Self.reader, path.path()]
        child.standardOutput = output
        try child.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        child.waitUntilExit()
        try #require(child.terminationStatus == 0)
        return try JSONDecoder().decode(Image.self, from: answer)
    }

    private static let reader = """
        import json, struct, sys, zlib
        data = open(sys.argv[1], "rb").read()
        assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n"
        place, chunks = 8, {}
        while place < len(data):
            length, = struct.unpack(">I", data[place:place + 4])
            body = data[place + 4:place + 8 + length]
            assert struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0] == zlib.crc32(body)
            chunks[body[:4].decode()] = body[4:]
            place += 12 + length
        assert list(chunks) == ["IHDR", "PLTE", "IDAT", "IEND"]
        width, height, *kind = struct.unpack(">IIBBBBB", chunks["IHDR"])
        assert kind == [8, 3, 0, 0, 0]
        rows = zlib.decompress(chunks["IDAT"])
        assert len(rows) == (width + 1) * height and not any(rows[::width + 1])
        counts = [0] * 256
        for row in range(height):
            for pixel in rows[row * (width + 1) + 1:(row + 1) * (width + 1)]: counts[pixel] += 1
        colors = [list(chunks["PLTE"][i:i + 3]) for i in range(0, len(chunks["PLTE"]), 3)]
        json.dump({"width": width, "height": height, "colors": colors, "pixels": counts[:len(colors)]}, sys.stdout)
        """

    private func chart(_ values: [Double]) -> MailChart {
        MailChart(labels: values.indices.map { "\($0 % 31 + 1)" }, values: values, texts: values.map { "\($0)" })
    }

    @Test("A chart is a PNG that others read, small, on white, twice as large as it is shown")
    func file() throws {
        let file = chart((1...14).map { Double($0 * $0) }).image
        let image = try read(file)
        #expect(image.width == 1040 && image.height == 400)
        #expect(image.colors.first == [255, 255, 255])
        #expect(file.count < 20_000)
    }

    @Test("Bars are as high as their values; the highest fills the chart, and a small one is seen")
    func bars() throws {
        func ink(_ values: [Double]) throws -> Int { try read(chart(values).image).pixels[1] }
        let (one, half) = (try ink([10, 0]), try ink([10, 5]))
        #expect(abs(Double(half) / Double(one) - 1.5) < 0.02)
        #expect(try ink([1_000_000, 1]) > (try ink([1_000_000, 0])))
        #expect(try ink([0, 0, 0]) == 0)
        #expect(try ink([]) == 0)
        #expect(try ink([.nan, .infinity, -3]) == 0)
    }

    @Test(
        "Runs of every length are compressed so that zlib reads them",
        arguments: [1, 2, 3, 4, 10, 11, 18, 35, 130, 227, 257, 258, 259, 260, 261, 517, 5000])
    func runs(length: Int) throws {
        var image = PNGImage(width: length + 3, height: 2, palette: (0..<250).map { .init(red: UInt8($0), green: 0, blue: 0) })
        image.fill(x: 1, y: 0, width: length, height: 1, color: 249)
        image.fill(x: 2, y: 1, width: length + 50, height: 9, color: 143)
        let read = try read(image.file)
        #expect(read.pixels[249] == length && read.pixels[143] == length + 1)
        #expect(read.pixels[0] == (length + 3) * 2 - length - length - 1)
    }

    @Test("The alternative text has the figures")
    func figures() {
        let chart = MailChart(labels: ["1", "2"], values: [1, 2, 3], texts: ["EUR 1.00", "EUR 2.00"])
        #expect(chart.figures == "1 – EUR 1.00; 2 – EUR 2.00")
        #expect(chart.values.count == 2)
    }
}
