# syntax=docker/dockerfile:1
# Pinned for a release: `node scripts/pin-images.mjs` writes the digest behind the tag.
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# What runs, and no more. The optional native backend does not load on Node 23 and later: wasm serves.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY scripts/setup.mjs scripts/build-brands.mjs scripts/build-client.mjs scripts/
COPY config config
COPY src src
# Installs and builds as on any machine.
RUN node scripts/setup.mjs

FROM node:24-bookworm-slim
ENV SIGWATCH_HTTP_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY config config
COPY models models
USER node
EXPOSE 9464
# Alive, not ready: an outage of Kafka or Redis is waited out, and a restart would not end it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run"]
