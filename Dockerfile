# The image of podtemper: Node and one bundle, nothing else of ours, no package manager's tree.
#
# Tags move. For an image that you can build again, pin the base by digest:
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:<digest> -t podtemper:<version> .
# and pin the result too, in the chart: image.digest.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# First what changes seldom, so that editing the sources does not fetch the packages again.
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci"]
COPY . .
RUN ["npm", "run", "sbom"]

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="podtemper" \
      org.opencontainers.image.description="Hardens every pod as it is created, without making it brittle" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
# Owned by root, run by another user: the process cannot change its own program.
COPY --from=build /src/LICENSE /src/dist/ ./
# A number, since runAsNonRoot cannot be checked against a name.
USER 65532:65532
EXPOSE 8443 8080
# The flag as in the first line of main.js.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/main.js"]
CMD ["serve"]
