"""Receivers in Python. Run with the name of one, which then prints its port."""

import os
import socket
import sys

from flask_sample import verify_webhook

SECRET = os.environ['WEBHOOK_SECRET']


def fastapi_receiver():
    import uvicorn
    from fastapi import FastAPI, Request, Response

    app = FastAPI()

    @app.post('/webhook')
    async def webhook(request: Request):
        payload = (await request.body()).decode()
        if not verify_webhook(payload, request.headers['x-webhook-signature'], SECRET):
            return Response('Invalid signature', status_code=401)
        return Response('OK')

    listening = socket.socket()
    listening.bind(('127.0.0.1', 0))
    # Connections wait from now on; before Uvicorn listens, they would be refused.
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level='error')
    uvicorn.Server(config).run(sockets=[listening])


def django_receiver():
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    @csrf_exempt
    def webhook(request):
        payload = request.body.decode()
        if not verify_webhook(payload, request.headers['X-Webhook-Signature'], SECRET):
            return HttpResponse('Invalid signature', status=401)
        return HttpResponse('OK')

    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['127.0.0.1'], SECRET_KEY='test')
    globals()['urlpatterns'] = [path('webhook', webhook)]
    serve_wsgi(get_wsgi_application())


def standard_webhooks_receiver():
    from flask import Flask, request
    from standardwebhooks import Webhook, WebhookVerificationError

    app = Flask(__name__)
    webhook = Webhook(SECRET.encode())

    @app.post('/webhook')
    def receive():
        try:
            webhook.verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            return 'Invalid signature', 401
        return 'OK'

    serve_wsgi(app)


def serve_wsgi(app):
    import logging

    from werkzeug.serving import make_server

    logging.getLogger('werkzeug').setLevel(logging.ERROR)

    server = make_server('127.0.0.1', 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == '__main__':
    globals()[f'{sys.argv[1]}_receiver']()
