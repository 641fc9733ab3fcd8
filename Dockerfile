FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The optional ones are Node.js itself, which the image has.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:26-slim
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /opt/yarn* /usr/local/bin/yarn* \
  && install -d -o node -g node /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY src src
ENV PORT=8081 SLUICE_DATA=/data
USER node
VOLUME /data
EXPOSE 8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD bin/sluice client health --endpoint "http://127.0.0.1:$PORT" || exit 1
ENTRYPOINT ["bin/sluice"]
CMD ["run", "--env"]
