import FoundationEssentials

/// One value of a result, in its type's binary form: what a `PostgresDecodable` is made from. NULL never gets here.
///
/// It borrows the result's memory: it is for the `init` that it is given to and must not be kept.
public struct PostgresValue {
    /// The type, as the server says.
    public let type: PostgresType
    /// The binary form.
    public let bytes: UnsafeRawBufferPointer

    /// The value's integer at an offset, most significant byte first.
    ///
    /// - Throws: `PostgresValueError` if the value is too short for it.
    public func integer<T: FixedWidthInteger>(at offset: Int = 0) throws -> T {
        guard offset >= 0, bytes.count >= offset + MemoryLayout<T>.size else { throw invalid("a value that is too short") }
        return T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The text of a JSON value, without the version byte of jsonb.
    ///
    /// - Throws: `PostgresValueError` if the value is no JSON.
    public func json() throws -> UnsafeRawBufferPointer {
        switch type {
        case .json: return bytes
        case .jsonb where bytes.first == 1: return UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        default: throw mismatch
        }
    }

    /// What to throw if the type is none that the decoded type can hold.
    public var mismatch: PostgresValueError { PostgresValueError(reason: "is \(type)") }

    /// What to throw if this value is none that the decoded type can hold; without the value.
    public func invalid(_ reason: String) -> PostgresValueError { PostgresValueError(reason: "holds \(reason)") }
}

/// Why one value does not become what it was asked to be; `PostgresDecodingError` adds where.
public struct PostgresValueError: Error, Sendable {
    /// The end of a sentence that begins with the column's name.
    public let reason: String
}
