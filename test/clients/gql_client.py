"""Sends operations with gql. Reads commands and writes results, each a line of JSON."""

import asyncio
import json
import os
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

URL = f"{os.environ['API_URL']}/graphql"
AUTHORIZATION = f"Bearer {os.environ['API_KEY']}"


def write(id, **result):
    print(json.dumps({'id': id, **result}), flush=True)


def operation(command):
    request = gql(command['query'])
    request.variable_values = command['variables']
    return request


async def send(command):
    transport = AIOHTTPTransport(url=URL, headers={'Authorization': AUTHORIZATION})
    try:
        async with Client(transport=transport) as session:
            write(command['id'], data=await session.execute(operation(command)))
    except Exception as error:
        write(command['id'], error=str(error))


async def follow(command):
    transport = WebsocketsTransport(
        url=URL.replace('http', 'ws', 1), init_payload={'authorization': AUTHORIZATION}
    )
    try:
        async with Client(transport=transport) as session:
            async for data in session.subscribe(operation(command)):
                write(command['id'], data=data)
        write(command['id'], broken=True)
    except TransportQueryError as error:
        write(command['id'], error=str(error))
    except Exception as error:
        refusal = closed_with(error)
        if refusal and refusal.code >= 4400:
            write(command['id'], error=refusal.reason)
        else:
            write(command['id'], broken=True)


def closed_with(error):
    """The close frame that an error comes from, if it comes from one."""
    while error:
        if frame := getattr(error, 'rcvd', None):
            return frame
        error = error.__cause__ or error.__context__


async def main():
    tasks = {}
    lines = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        match command['do']:
            case 'send':
                tasks[command['id']] = asyncio.create_task(send(command))
            case 'follow':
                tasks[command['id']] = asyncio.create_task(follow(command))
            case 'stop':
                tasks[command['id']].cancel()


asyncio.run(main())
