# The service as a container. PostgreSQL runs in a container of its own, so the embedded one is left out.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS modules
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/jardam
# Everything belongs to root: the service cannot change its own program.
COPY package.json ./
COPY config config
COPY locales locales
COPY --from=modules /build/node_modules node_modules
COPY --from=build /build/packages/protocol/package.json packages/protocol/
COPY --from=build /build/packages/protocol/dist packages/protocol/dist
COPY --from=build /build/dist dist
RUN chmod 0755 dist/src/cli/main.js \
 && ln -s /opt/jardam/dist/src/cli/main.js /usr/local/bin/jardam \
 && install -d -o node -g node -m 0700 /var/lib/jardam
USER node
ENV JARDAM_DATA_DIR=/var/lib/jardam
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
