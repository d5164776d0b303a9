"""A mail server for tests: says what it is told to say and writes down what it hears.

Usage: smtp.py '<JSON>' with starttls, implicit (booleans), cert, key, auth ({"user", "password"}), mechanisms,
replies ({"MAIL": "451 …", "RCPT:bad@example.org": "550 …", …}), hang (the first connection: "DATA" or another
command, or "TEXT": after its first line, until there is another connection), drop_after (mails), goodbye (answer QUIT).
Prints its port, then a line of JSON for each event: connect, each command, mail, close. Ends with its standard input.
"""

import asyncio
import base64
import email
import email.header
import email.policy
import email.utils
import json
import ssl
import sys

settings = json.loads(sys.argv[1])
connections = 0


def report(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def structure(part):
    if part.is_multipart():
        return {"type": part.get_content_type(), "parts": [structure(p) for p in part.iter_parts()]}
    return {"type": part.get_content_type(), "charset": part.get_content_charset(), "text": part.get_content()}


def addresses(header):
    """Decoded after splitting: the parser of Python 3.11 leaves a space between two encoded words of a display name."""
    if header is None:
        return []
    decode = email.header.decode_header
    return [
        [str(email.header.make_header(decode(name))), address]
        for name, address in email.utils.getaddresses([str(header).replace("\r\n", "")])
    ]


def parsed(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    plain = email.message_from_bytes(raw)
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "to": addresses(plain["to"]),
        "from": addresses(plain["from"]),
        "defects": [str(d) for part in message.walk() for d in part.defects]
        + [str(d) for value in message.values() for d in value.defects],
        "content": structure(message),
        "longest": max(len(line) for line in raw.split(b"\r\n")),
        "bare": raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"),
        "ascii": raw.isascii(),
        "raw": raw.decode("latin-1"),
    }


class Session:
    def __init__(self, reader, writer, number):
        self.reader, self.writer, self.number = reader, writer, number
        self.tls = settings.get("implicit", False)
        self.authenticated = None
        self.envelope = {"from": None, "to": []}
        self.mails = 0

    async def say(self, text):
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def line(self):
        line = await self.reader.readline()
        if not line:
            raise ConnectionError
        return line

    async def run(self):
        report("connect", connection=self.number)
        try:
            await self.say(settings.get("greeting", "220 mail.test ESMTP"))
            while await self.command((await self.line()).decode().rstrip("\r\n")):
                pass
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        report("close", connection=self.number)
        self.writer.close()

    async def command(self, line):
        verb = line.split(" ")[0].upper()
        shown = line if verb != "AUTH" else " ".join(line.split(" ")[:2])
        report("command", connection=self.number, line=shown, tls=self.tls)
        argument = line[line.find("<") + 1 : line.find(">")] if "<" in line else ""
        if settings.get("hang") == verb and self.number == 1:
            await self.hang()
        replies = settings.get("replies", {})
        refusal = replies.get(f"{verb}:{argument}") or replies.get(verb)
        if refusal:
            await self.say(refusal)
            return not refusal.startswith("421")
        return await getattr(self, "do_" + verb.lower(), self.unknown)(line, argument)

    async def hang(self):
        report("hang", connection=self.number)
        report("rest", connection=self.number, line=(await self.reader.read())[-64:].decode("latin-1"))
        raise ConnectionError

    async def unknown(self, line, argument):
        await self.say("502 5.5.1 what?")
        return True

    async def do_ehlo(self, line, argument):
        lines = ["mail.test", "SIZE 10000000", "8BITMIME"]
        if settings.get("starttls") and not self.tls:
            lines.append("STARTTLS")
        if settings.get("auth"):
            lines.append("AUTH " + settings.get("mechanisms", "PLAIN LOGIN"))
        for index, text in enumerate(lines):
            await self.say(("250-" if index < len(lines) - 1 else "250 ") + text)
        return True

    async def do_starttls(self, line, argument):
        await self.say("220 go ahead")
        await self.writer.start_tls(context())
        self.tls = True
        return True

    async def do_auth(self, line, argument):
        words = line.split(" ")
        if words[1].upper() == "PLAIN":
            if len(words) < 3:
                await self.say("334 ")
                words.append((await self.line()).decode().strip())
            user, password = base64.b64decode(words[2]).decode().split("\0")[1:]
        else:
            await self.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(await self.line()).decode()
            await self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.line()).decode()
        wanted = settings["auth"]
        good = (user, password) == (wanted["user"], wanted["password"])
        self.authenticated = user if good else None
        await self.say("235 2.7.0 welcome" if good else "535 5.7.8 wrong user or password")
        return True

    async def do_mail(self, line, argument):
        self.envelope = {"from": argument, "to": []}
        await self.say("250 2.1.0 ok")
        return True

    async def do_rcpt(self, line, argument):
        self.envelope["to"].append(argument)
        await self.say("250 2.1.5 ok")
        return True

    async def do_data(self, line, argument):
        await self.say("354 go ahead")
        if settings.get("hang") == "TEXT" and self.number == 1:
            await self.line()
            report("hang", connection=self.number)
            while connections == 1:
                await asyncio.sleep(0.02)
            await self.hang()
        raw, stuffed = b"", 0
        while (text := await self.line()) != b".\r\n":
            if text.startswith(b"."):
                text, stuffed = text[1:], stuffed + 1
            raw += text
        self.mails += 1
        report(
            "mail", connection=self.number, tls=self.tls, user=self.authenticated, stuffed=stuffed,
            envelope_from=self.envelope["from"], recipients=self.envelope["to"], **parsed(raw),
        )
        await self.say(settings.get("replies", {}).get("END") or f"250-2.0.0 ok\r\n250 2.0.0 queued as {self.number}-{self.mails}")
        return self.mails != settings.get("drop_after")

    async def do_quit(self, line, argument):
        if settings.get("goodbye", True):
            await self.say("221 bye")
            return False
        await self.reader.read()
        return False


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings["cert"], settings["key"])
    return made


async def main():
    async def serve(reader, writer):
        global connections
        connections += 1
        await Session(reader, writer, connections).run()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context() if settings.get("implicit") else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
