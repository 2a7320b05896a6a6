import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { getRequestListener } from '@hono/node-server'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { Webhook } from 'standardwebhooks'
import { runNodeSample, verifyWebhook } from './guide-samples.ts'
import { type ReceiverOptions, type StartReceiver, serveListener } from './receiver.ts'

// Express and Koa have no types of their own.
const require = createRequire(import.meta.url)
const Koa = require('koa')
const { bodyParser } = require('@koa/bodyparser')

/** The guide's sample as it is printed, in an application that parses JSON. */
const expressReceiver =
  (version: 'express' | 'express4'): StartReceiver =>
  async ({ limit, secret }) => {
    const express = require(version)
    const app = express()
    app.use(express.json({ ...(limit && { limit }) }))
    runNodeSample(app, secret)
    return serveListener(app)
  }

const fastifyReceiver: StartReceiver = async ({ secret }) => {
  const app = fastify()
  app.post('/webhook', (request, reply) => {
    const payload = JSON.stringify(request.body)
    const signature = String(request.headers['x-webhook-signature'])
    if (!verifyWebhook(payload, signature, secret)) {
      return reply.status(401).send('Invalid signature')
    }
    return reply.status(200).send('OK')
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `${address}/webhook`, close: () => app.close() }
}

const honoReceiver: StartReceiver = async ({ secret }) => {
  const app = new Hono()
  app.post('/webhook', async (context) => {
    const payload = await context.req.text()
    const signature = context.req.header('x-webhook-signature') ?? ''
    if (!verifyWebhook(payload, signature, secret)) return context.text('Invalid signature', 401)
    return context.text('OK', 200)
  })
  return serveListener(getRequestListener(app.fetch))
}

const koaReceiver: StartReceiver = async ({ secret }) => {
  const app = new Koa()
  app.use(bodyParser())
  app.use((context: KoaContext) => {
    const payload = context.request.rawBody
    const signature = context.get('x-webhook-signature')
    if (!verifyWebhook(payload, signature, secret)) context.throw(401, 'Invalid signature')
    context.body = 'OK'
  })
  return serveListener(app.callback())
}

interface KoaContext {
  request: { rawBody: string }
  body: string
  get(header: string): string
  throw(status: number, message: string): never
}

/** Verifies with the library of Standard Webhooks, in an application that keeps the raw body. */
const standardReceiver: StartReceiver = async ({ limit, secret }) => {
  const express = require('express')
  const app = express()
  const webhook = new Webhook(secret, { format: 'raw' })
  app.post(
    '/webhook',
    express.raw({ type: 'application/json', ...(limit && { limit }) }),
    (request: IncomingMessage & { body: Buffer }, response: ServerResponse) => {
      try {
        webhook.verify(request.body, request.headers as Record<string, string>)
        response.writeHead(200).end('OK')
      } catch {
        response.writeHead(401).end('Invalid signature')
      }
    },
  )
  return serveListener(app)
}

const raised =
  (start: StartReceiver): StartReceiver =>
  (options: ReceiverOptions) =>
    start({ ...options, limit: '2mb' })

/** Receivers of every size of event: those whose own limit is too low have it raised. */
export const JS_RECEIVERS: Record<string, StartReceiver> = {
  "Express 4 with the guide's sample": raised(expressReceiver('express4')),
  "Express 5 with the guide's sample": raised(expressReceiver('express')),
  Fastify: fastifyReceiver,
  Hono: honoReceiver,
  Koa: koaReceiver,
  'the JavaScript library of Standard Webhooks': raised(standardReceiver),
}

/** Express as it is installed: it takes bodies of up to 100 kB. */
export const EXPRESS_WITH_DEFAULTS: StartReceiver = expressReceiver('express')
