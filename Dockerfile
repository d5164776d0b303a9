# One image a service, of any executable of Package.swift: `docker build --build-arg SERVICE=bookings .`; compose.yaml builds them all.
# One stage compiles them, and their images share all layers but the last.
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libcurl4-openssl-dev libpq-dev librabbitmq-dev libssl-dev libyaml-dev pkg-config >/dev/null \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# What others wrote comes first: this layer stays as long as Package.swift does.
COPY Package.swift ./
COPY Deploy/docker/Dependencies Deploy/docker/Dependencies
# An image layer keeps times of files in whole seconds, by which all would seem changed; an archive in it keeps them as they are.
RUN ONLY_DEPENDENCIES=1 swift build -c release --static-swift-stdlib \
    && tar --format=posix -cf /dependencies.tar .build Package.resolved \
    && rm -rf .build
COPY Plugins Plugins
COPY Contracts Contracts
COPY Deploy/services Deploy/services
COPY Sources Sources
ARG BOXOFFICE_VERSION
RUN export WITHOUT_TESTS=1 \
    && tar -xf /dependencies.tar \
    && swift build -c release --static-swift-stdlib \
    && mkdir /out \
    && sed -n 's/.*\.executable(name: "\([a-z-]*\)".*/\1/p' Package.swift | while read -r name; do \
        strip -o "/out/$name" "$(swift build -c release --show-bin-path)/$name" || exit 1; \
    done

FROM ${RUNTIME_IMAGE} AS runtime
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        ca-certificates libcurl4 libpq5 librabbitmq4 libssl3 libyaml-0-2 tzdata >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/*.log /var/log/apt /usr/share/doc /usr/share/man
USER 10001:10001
WORKDIR /
STOPSIGNAL SIGTERM

# What `make demo` shows, beside services that are up.
FROM runtime AS demo
USER root
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client >/dev/null \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY Deploy/demo /demo
COPY --from=build /out/boxoffice /usr/local/bin/boxoffice
ENTRYPOINT ["/demo/run"]

FROM runtime AS service
ARG SERVICE
ARG BOXOFFICE_VERSION
LABEL org.opencontainers.image.title="${SERVICE}" \
    org.opencontainers.image.description="Box Office: ${SERVICE}" \
    org.opencontainers.image.version="${BOXOFFICE_VERSION}" \
    org.opencontainers.image.revision="${BOXOFFICE_VERSION}"
COPY --from=build /out/${SERVICE} /app
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/app", "health"]
ENTRYPOINT ["/app"]
