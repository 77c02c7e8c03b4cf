"""Mail on its way: SMTP between servers and from a desk (RFC 5321, RFC 3207), IMAP to a desk (RFC 3501)."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from quivive.demo import certificates, hello, kerberos, tls
from quivive.demo.clock import MILLISECOND, SECOND, stamp
from quivive.demo.names import FIRM
from quivive.demo.tcp import ORIG, RESP, Conversation

SMTP_PORT, SUBMISSION_PORT, IMAP_PORT = 25, 587, 143


class Letter(NamedTuple):
    """What is sent from whom to whom."""

    sender: str
    recipient: str
    subject: str
    text: str
    attachment: tuple[str, bytes] | None = None

    def render(self, at_ns: int, number: int) -> bytes:
        """Return the message as it travels (RFC 5322)."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self.sender, self.recipient, self.subject
        message["Date"] = format_datetime(stamp(at_ns))
        message["Message-ID"] = f"<{number:08x}.demo@{self.sender.partition('@')[2]}>"
        message.set_content(self.text)
        if self.attachment:
            name, content = self.attachment
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
            message.set_boundary(f"=-demo-{number:08x}")
        return message.as_bytes()


def dialogue(talk: Conversation, lines: list[tuple[str, str]]) -> None:
    """Speak line by line: each pair is what the originator says and what it is answered."""
    for said, answered in lines:
        talk.say(ORIG, said.encode() + b"\r\n")
        talk.say(RESP, answered.replace("\n", "\r\n").encode() + b"\r\n")


def deliver(talk: Conversation, letter: Letter, servers: tuple[str, str]) -> None:
    """Hand a letter from one server to the next, in clear, as servers do that know no better."""
    sending, receiving = servers
    talk.say(RESP, f"220 {receiving} ESMTP ready\r\n".encode())
    dialogue(talk, [
        (f"EHLO {sending}", f"250-{receiving} greets {sending}\n250-PIPELINING\n250-SIZE 52428800\n250 8BITMIME"),
        (f"MAIL FROM:<{letter.sender}> SIZE=4096", "250 2.1.0 Ok"),
        (f"RCPT TO:<{letter.recipient}>", "250 2.1.5 Ok"),
        ("DATA", "354 End data with <CR><LF>.<CR><LF>"),
    ])  # fmt: skip
    talk.say(ORIG, letter.render(talk.now_ns, talk.rng.getrandbits(32)) + b".\r\n")
    talk.say(RESP, f"250 2.0.0 Ok: queued as {talk.rng.getrandbits(40):010X}\r\n".encode())
    dialogue(talk, [("QUIT", "221 2.0.0 Bye")])
    talk.close(RESP)


def submit(talk: Conversation, host: str, size: int) -> None:
    """Send a letter from a desk: the dialogue turns to TLS before anything is said that matters."""
    server = f"mail1.{FIRM}"
    talk.say(RESP, f"220 {server} ESMTP submission\r\n".encode())
    dialogue(talk, [
        (f"EHLO {host}", f"250-{server}\n250-STARTTLS\n250-SIZE 52428800\n250 8BITMIME"),
        ("STARTTLS", "220 2.0.0 Ready to start TLS"),
    ])  # fmt: skip
    tls.open12(talk, tls.Greeting(server, hello.OLD_SYSTEM), certificates.chain(server))
    for up_bytes, down_bytes in ((24, 90), (60, 40), (44, 30), (40, 30), (6, 40), (size, 60), (6, 20)):
        tls.exchange(talk, up_bytes, down_bytes)
    tls.close12(talk)


def read_box(talk: Conversation, user: str, letters: list[Letter]) -> None:
    """Fetch new letters; the user is proved by a Kerberos ticket (RFC 4752), so no secret is seen."""
    talk.say(RESP, b"* OK [CAPABILITY IMAP4rev1 AUTH=GSSAPI IDLE] mail1 ready\r\n")
    ticket = base64.b64encode(kerberos.gssapi_token(talk.rng, f"imap/mail1.{FIRM}")).decode()
    proof = base64.b64encode(talk.rng.randbytes(60)).decode()
    dialogue(talk, [
        ("a1 AUTHENTICATE GSSAPI", "+ "),
        (ticket, f"+ {base64.b64encode(talk.rng.randbytes(110)).decode()}"),
        ("", f"+ {proof}"),
        (proof, f"a1 OK {user} authenticated"),
        ("a2 SELECT INBOX", f"* {len(letters)} EXISTS\n* FLAGS (\\Answered \\Seen)\na2 OK [READ-WRITE] Selected"),
    ])  # fmt: skip
    for number, letter in enumerate(letters, 1):
        message = letter.render(talk.now_ns, talk.rng.getrandbits(32))
        talk.say(ORIG, f"a{number + 2} FETCH {number} BODY[]\r\n".encode())
        head = f"* {number} FETCH (BODY[] {{{len(message)}}}\r\n".encode()
        talk.say(RESP, head + message + f")\r\na{number + 2} OK Fetch completed\r\n".encode())
        talk.pause(talk.rng.randrange(200 * MILLISECOND, 2 * SECOND))
    dialogue(talk, [("a99 LOGOUT", "* BYE Logging out\na99 OK Logout completed")])
    talk.close(RESP)
