# The setup guide's Python sample: the function as customers copy it (the guide's web page has lost
# its indentation).
import hmac
import hashlib

def verify_webhook(payload: str, signature: str, secret: str) -> bool:
    expected_signature = hmac.new(
        secret.encode(),
        payload.encode(),
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected_signature)


# For the tests: one request a line, "<body in base64> <signature> <secret>", answered by True or False.
if __name__ == "__main__":
    import base64
    import sys

    for line in sys.stdin:
        body, signature, secret = line.split()
        # As Flask's request.get_data(as_text=True) decodes it.
        payload = base64.b64decode(body).decode("utf-8", "replace")
        print(verify_webhook(payload, signature, secret))
