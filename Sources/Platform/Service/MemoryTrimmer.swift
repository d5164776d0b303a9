import CMalloc
import ServiceLifecycle

/// Returns memory to the kernel after a burst of work: glibc keeps the free pages of its arenas for the next burst.
struct MemoryTrimmer: Service {
    private static let interval = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                // malloc_trim(3): all arenas; a few hundred microseconds for a heap of this size.
                _ = malloc_trim(0)
            }
        }
    }
}
