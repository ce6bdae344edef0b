"""A mail server for tests (aiosmtpd): `mail_server.py [--auth USER:PASSWORD] [--tls starttls|smtps CERT KEY]`.

It prints its port, and then every mail that it took as a line of JSON.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = lambda kind: mail.get_body(preferencelist=(kind,)).get_content()
        line = {
            "from": mail["from"],
            "to": envelope.rcpt_tos[0],
            "subject": mail["subject"],
            "text": part("plain"),
            "html": part("html"),
            "stop": mail["list-unsubscribe"],
            "files": [
                {"name": file.get_filename(), "type": file.get_content_type(), "bytes": base64.b64encode(file.get_content()).decode()}
                for file in mail.iter_attachments()
            ] if mail.get_content_type() == "multipart/mixed" else [],
            # After STARTTLS, or from the first byte.
            "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "user": (session.auth_data or b"").decode() if isinstance(session.auth_data, bytes) else None,
        }
        print(json.dumps(line), flush=True)
        return "250 2.0.0 Ok: queued as 4Fk2"


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--auth")
    arguments.add_argument("--tls", nargs=3, metavar=("KIND", "CERT", "KEY"))
    chosen = arguments.parse_args()
    kind, context = None, None
    if chosen.tls:
        kind, cert, key = chosen.tls
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)

    def authenticate(server, session, envelope, mechanism, data):
        user, password = chosen.auth.encode().split(b":")
        right = data.login == user and data.password == password
        # Not "handled": aiosmtpd says 535 only if nobody says that it was said, and a client would wait for it without end.
        return AuthResult(success=right, handled=False, auth_data=data.login)

    def session():
        wants = dict(authenticator=authenticate, auth_required=True, auth_require_tls=kind == "starttls") if chosen.auth else {}
        starttls = dict(tls_context=context, require_starttls=True) if kind == "starttls" else {}
        return SMTP(Handler(), hostname="localhost", **wants, **starttls)

    wrapped = context if kind == "smtps" else None
    listening = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=wrapped)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main())
