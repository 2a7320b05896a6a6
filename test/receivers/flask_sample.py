import os
import sys

from flask import Flask, request

app = Flask(__name__)

# The setup guide's sample, with the indentation that the guide has lost.
import hmac
import hashlib
def verify_webhook(payload: str, signature: str, secret: str) -> bool:
    expected_signature = hmac.new(
        secret.encode(),
        payload.encode(),
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected_signature)
# In your Flask app
@app.route('/webhook', methods=['POST'])
def webhook():
    signature = request.headers.get('X-Webhook-Signature')
    payload = request.get_data(as_text=True)
    if not verify_webhook(payload, signature, os.environ['WEBHOOK_SECRET']):
        return 'Invalid signature', 401
    # Process the webhook
    data = request.json
    print(f"Event: {data['event']}")
    return 'OK', 200
# The end of the guide's sample.


if __name__ == '__main__':
    import logging

    from werkzeug.serving import make_server

    logging.getLogger('werkzeug').setLevel(logging.ERROR)

    server = make_server('127.0.0.1', 0, app, threaded=True)
    print(server.server_port, flush=True)
    sys.stdout = open(os.devnull, 'w')
    server.serve_forever()
