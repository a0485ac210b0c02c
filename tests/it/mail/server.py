"""A server of mails for tests. Each mail that it is given is a line of JSON on standard output; a line on standard input says how it
behaves from then on: up, down (connections end at once), stall (it takes a mail and never says so)."""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1])
STATE = {"mode": "up"}


def say(**line):
    print(json.dumps(line), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 nobody of this name is here"
        if address.startswith("busy@"):
            say(busy=address)
            return "451 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            tls=session.ssl is not None,
            user=getattr(session, "auth_data", None),
            data=base64.b64encode(envelope.content).decode(),
        )
        if STATE["mode"] == "stall":
            await asyncio.Event().wait()
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login.decode(), data.password.decode()) == (SETTINGS.get("user"), SETTINGS.get("password"))
    return AuthResult(success=good, auth_data=data.login.decode() if good else None)


class Server(SMTP):
    def connection_made(self, transport):
        if STATE["mode"] == "down":
            say(turned_away=True)
            transport.abort()
            return
        super().connection_made(transport)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(SETTINGS["certificate"], SETTINGS["key"])
    return made


def made():
    tls = SETTINGS["security"]
    more = {}
    if tls == "starttls":
        more = {"tls_context": context(), "require_starttls": True}
    if SETTINGS.get("user"):
        # Where TLS began with the first byte it does not know of it.
        more.update(authenticator=authenticate, auth_required=True, auth_require_tls=tls != "tls")
    return Server(Handler(), hostname="localhost", **more)


async def main():
    loop = asyncio.get_running_loop()
    tls = context() if SETTINGS["security"] == "tls" else None
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=tls)
    say(port=server.sockets[0].getsockname()[1])
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        STATE["mode"] = line.strip()
        say(mode=STATE["mode"])


asyncio.run(main())
