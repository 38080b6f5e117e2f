# SPDX-License-Identifier: MIT
#
# An image that holds one file, the static reinit, for other images to copy:
#
#   docker build -t reinit .
#
#   COPY --from=reinit /sbin/reinit /sbin/reinit
#   ENTRYPOINT ["/sbin/reinit", "--"]
#
# Examples: contrib/examples/docker.
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY contrib/build-static contrib/
COPY configure.ac .
RUN ./contrib/build-static prepare
COPY . .
RUN ./contrib/build-static

FROM scratch
COPY --from=build /src/build/static/reinit /sbin/reinit
ENTRYPOINT ["/sbin/reinit"]
CMD ["--help"]
