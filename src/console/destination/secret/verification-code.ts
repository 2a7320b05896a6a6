/**
 * A receiver that needs only Node.js. It verifies the exact bytes of the body, their id and their time (Standard Webhooks),
 * so that a recorded delivery cannot be repeated under another id.
 */
export const NODE_CODE = `import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

const TOLERANCE_SECONDS = 5 * 60

function verifyWebhook(headers, body, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
  const age = Math.abs(Date.now() / 1000 - Number(timestamp))
  if (!(age <= TOLERANCE_SECONDS)) return false
  const expected = createHmac('sha256', secret).update(\`\${id}.\${timestamp}.\`).update(body).digest()
  // Two signatures while a rotated secret still signs.
  return signatures.split(' ').some((signature) => {
    const received = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return received.length === expected.length && timingSafeEqual(received, expected)
  })
}

const server = createServer(async (request, response) => {
  const body = await buffer(request)
  if (!verifyWebhook(request.headers, body, process.env.WEBHOOK_SECRET)) {
    response.writeHead(401).end('Invalid signature')
    return
  }
  response.writeHead(200).end('OK')

  // Process the event after responding: the response is due within 5 seconds.
  // A retry has the same webhook-id, which is signed, so use it to detect duplicates.
  const { event, data } = JSON.parse(body)
  console.log(request.headers['webhook-id'], event, data)
})

server.listen(process.env.PORT ?? 3000)
`

/** A receiver that needs only Python. It verifies the same as `NODE_CODE`. */
export const PYTHON_CODE = `import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 5 * 60


def verify_webhook(headers, body: bytes, secret: str) -> bool:
    id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # Two signatures while a rotated secret still signs.
    signatures = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(one, expected) for one in signatures)


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not verify_webhook(self.headers, body, os.environ["WEBHOOK_SECRET"]):
            self.send_error(401, "Invalid signature")
            return
        self.send_response(200)
        self.end_headers()

        # Process the event after responding: the response is due within 5 seconds.
        # A retry has the same webhook-id, which is signed, so use it to detect duplicates.
        payload = json.loads(body)
        print(self.headers["webhook-id"], payload["event"], payload["data"])


HTTPServer(("", int(os.environ.get("PORT", 3000))), Webhook).serve_forever()
`
