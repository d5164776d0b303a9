// Nothing of ours: the target that the build of an image compiles first, for what all our targets depend on. See the end of Package.swift.
