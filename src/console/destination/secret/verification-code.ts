interface Signing {
  /** Whether the previous secret still signs. The code then checks a second header too. */
  overlapping: boolean
}

const SIGNATURE = 'X-Webhook-Signature'
const PREVIOUS = 'X-Webhook-Signature-Previous'

const listOf = ({ overlapping }: Signing, write: (header: string) => string) =>
  (overlapping ? [SIGNATURE, PREVIOUS] : [SIGNATURE]).map(write).join(', ')

/** Returns a receiver that needs only Node.js. It verifies the exact bytes of the body. */
export const nodeCode = (
  signing: Signing,
) => `import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

function verifyWebhook(body, signature, secret) {
  const expected = createHmac('sha256', secret).update(body).digest()
  const received = Buffer.from(signature ?? '', 'hex')
  return received.length === expected.length && timingSafeEqual(received, expected)
}

const server = createServer(async (request, response) => {
  const body = await buffer(request)
  const signatures = [${listOf(signing, (name) => `request.headers['${name.toLowerCase()}']`)}]
  const secret = process.env.WEBHOOK_SECRET
  if (!signatures.some((signature) => verifyWebhook(body, signature, secret))) {
    response.writeHead(401).end('Invalid signature')
    return
  }
  response.writeHead(200).end('OK')

  // Process the event after responding: the response is due within 5 seconds.
  // A retry has the same webhook-id, so use it to detect duplicates.
  const { event, data } = JSON.parse(body)
  console.log(request.headers['webhook-id'], event, data)
})

server.listen(process.env.PORT ?? 3000)
`

/** Returns a receiver that needs only Python. */
export const pythonCode = (signing: Signing) => `import hashlib
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


def verify_webhook(body: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.encode(), expected.encode())


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signatures = [${listOf(signing, (name) => `self.headers.get("${name}", "")`)}]
        secret = os.environ["WEBHOOK_SECRET"]
        if not any(verify_webhook(body, one, secret) for one in signatures):
            self.send_error(401, "Invalid signature")
            return
        self.send_response(200)
        self.end_headers()

        # Process the event after responding: the response is due within 5 seconds.
        # A retry has the same webhook-id, so use it to detect duplicates.
        payload = json.loads(body)
        print(self.headers["webhook-id"], payload["event"], payload["data"])


HTTPServer(("", int(os.environ.get("PORT", 3000))), Webhook).serve_forever()
`
