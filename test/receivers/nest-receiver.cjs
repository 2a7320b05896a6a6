// A receiver in Nest, which keeps the raw body when it is asked to. Written without decorators' syntax, which
// Node does not have. It prints its port. Its argument is the folder that has Nest.
const { createHmac, timingSafeEqual } = require('node:crypto')
const { createRequire } = require('node:module')

const load = createRequire(`${process.argv[2]}/`)
load('reflect-metadata')
const { Controller, HttpCode, Module, Post, Req, UnauthorizedException } = load('@nestjs/common')
const { NestFactory } = load('@nestjs/core')

class WebhookController {
  receive(request) {
    const hmac = createHmac('sha256', process.env.WEBHOOK_SECRET).update(request.rawBody)
    const signature = Buffer.from(request.headers['x-webhook-signature'])
    if (!timingSafeEqual(signature, Buffer.from(hmac.digest('hex')))) {
      throw new UnauthorizedException('Invalid signature')
    }
    return 'OK'
  }
}
const method = Object.getOwnPropertyDescriptor(WebhookController.prototype, 'receive')
Controller('webhook')(WebhookController)
Post()(WebhookController.prototype, 'receive', method)
HttpCode(200)(WebhookController.prototype, 'receive', method)
Req()(WebhookController.prototype, 'receive', 0)

class AppModule {}
Module({ controllers: [WebhookController] })(AppModule)

async function main() {
  const app = await NestFactory.create(AppModule, { rawBody: true, logger: ['error'] })
  // biome-ignore lint/correctness/useHookAtTopLevel: not a hook of React
  app.useBodyParser('json', { limit: '2mb' })
  await app.listen(0, '127.0.0.1')
  console.log(app.getHttpServer().address().port)
}

main()
