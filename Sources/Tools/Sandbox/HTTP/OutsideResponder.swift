import Hummingbird
import HummingbirdCore

/// Routes each request to the stub that its path names, and all others to the control API.
struct OutsideResponder<Control: HTTPResponder<SandboxContext>>: HTTPResponder {
    let world: SandboxState
    let control: Control

    func respond(to request: Request, context: SandboxContext) async throws -> Response {
        do {
            let responder = FaultInjectingResponder(faults: world.faults, journals: world.journals)
            let path = request.uri.path
            if path.hasPrefix("/bytemark/") { return try await responder.answer(request, from: world.bytemark, on: context.channel) }
            if path.hasPrefix("/gateway/") { return try await responder.answer(request, from: world.gateway, on: context.channel) }
            if path.hasPrefix("/push/") { return try await responder.answer(request, from: world.push, on: context.channel) }
            return try await control.respond(to: request, context: context)
        } catch let error as any HTTPResponseError {
            return try error.response(from: request, context: context)
        }
    }
}
