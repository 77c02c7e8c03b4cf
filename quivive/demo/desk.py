"""What somebody at a desk sets off: names looked up, pages fetched, files opened, letters sent, a job printed."""

from __future__ import annotations

from quivive.demo import certificates, hello, http, lan, mail, quic, smb, tls
from quivive.demo.clock import MICROSECOND, MILLISECOND, SECOND
from quivive.demo.mail import Letter
from quivive.demo.names import DC1, FILES1, FIRM, INTRANET1, MAIL1, PRINTER1, Host
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation

HTTPS_PORT, HTTP_PORT, PRINT_PORT = 443, 80, 9100


def visit(tape: Tape, pc: Host, site: Host, at_ns: int) -> None:
    """Look at pages of a site outside, over TLS: mostly 1.3 from a browser, now and then 1.2 from an older program."""
    rng = tape.rng
    start_ns = lan.find(tape, pc, DC1, site, at_ns)
    rtt_ns = rng.randrange(8, 40) * MILLISECOND
    talk = Conversation(tape, (pc, site), HTTPS_PORT, at_ns=start_ns, rtt_ns=rtt_ns)
    is_old = rng.random() < 0.2
    if is_old:
        tls.open12(talk, tls.Greeting(site.name, hello.OLD_SYSTEM))
    else:
        tls.open13(talk, tls.Greeting(site.name, hello.BROWSER))
    for _ in range(rng.randrange(1, 5)):
        tls.exchange(talk, rng.randrange(200, 900), int(rng.paretovariate(1.2) * 900) % 40_000)
        talk.pause(rng.randrange(50 * MILLISECOND, 8 * SECOND))
    (tls.close12 if is_old else tls.close)(talk)


def watch(tape: Tape, pc: Host, site: Host, at_ns: int) -> None:
    """Load a page over QUIC."""
    start_ns = lan.find(tape, pc, DC1, site, at_ns)
    quic.session(tape, (pc, site), site.name, start_ns, (tape.rng.randrange(3, 12), 3))


def open_intranet(tape: Tape, pc: Host, at_ns: int, *, over_ipv6: bool = False) -> None:
    """Read the firm's own pages in clear: several requests in one conversation, one answer in chunks."""
    name = INTRANET1.name
    start_ns = lan.find(tape, pc, DC1, INTRANET1, at_ns)
    talk = Conversation(tape, (pc, INTRANET1), HTTP_PORT, at_ns=start_ns, over_ipv6=over_ipv6)
    agent = ("User-Agent: Mozilla/5.0 (X11; demonstration)", "Accept-Language: en")
    talk.say(ORIG, http.request("GET", name, "/", headers=agent))
    talk.say(RESP, http.chunked(talk.now_ns, http.page("Kestrel Gears", 400)))
    for number in range(tape.rng.randrange(1, 4)):
        talk.pause(tape.rng.randrange(SECOND, 20 * SECOND))
        talk.say(ORIG, http.request("GET", name, f"/notices/{number}", headers=agent))
        talk.say(RESP, http.response(talk.now_ns, http.page(f"Notice {number}", 120 + 40 * number)))
    talk.say(ORIG, http.request("GET", name, "/favicon.ico", headers=agent))
    talk.say(RESP, http.response(talk.now_ns, b"not here\n", "text/plain", "404 Not Found"))
    talk.close()


def work_on_files(tape: Tape, pc: Host, user: str, at_ns: int) -> None:
    """Open drawings on the file server, and save one."""
    rng = tape.rng
    talk = Conversation(tape, (pc, FILES1), smb.PORT, at_ns=at_ns, rtt_ns=300 * MICROSECOND)
    session = smb.SmbSession(talk, FILES1.name, "KESTREL", (user, pc.name))
    session.connect("drawings")
    for _ in range(rng.randrange(1, 4)):
        number = rng.randrange(100, 999)
        session.read(f"gears\\helical-{number}.step", _drawing(number, rng.randrange(2_000, 24_000)))
        talk.pause(rng.randrange(5 * SECOND, 400 * SECOND))
    session.write(f"gears\\notes-{rng.randrange(100)}.txt", http.page("Notes", 200))
    session.leave()


def _drawing(number: int, size: int) -> bytes:
    """Return a drawing in the manner of STEP (ISO 10303-21)."""
    head = f"ISO-10303-21;\nHEADER;\nFILE_NAME('helical-{number}.step','',(''),(''),'','','');\nENDSEC;\nDATA;\n"
    points = ((n, n * number % 977 / 8, n * 31 % 613 / 4, n % 40) for n in range(1, size // 40))
    lines = "".join(f"#{n}=CARTESIAN_POINT('',({x},{y},{z}.));\n" for n, x, y, z in points)
    return (head + lines + "ENDSEC;\nEND-ISO-10303-21;\n").encode()


def fetch_mail(tape: Tape, pc: Host, user: str, at_ns: int) -> None:
    """Read what is new in the box."""
    sender = f"orders@{'windmill-parts.example' if tape.rng.random() < 0.5 else 'steelworks-north.example'}"
    letters = [
        Letter(sender, f"{user}@{FIRM}", f"Order {tape.rng.randrange(10_000)}", " ".join(http.WORDS) + "\n")
        for _ in range(tape.rng.randrange(3))
    ]
    talk = Conversation(tape, (pc, MAIL1), mail.IMAP_PORT, at_ns=at_ns)
    mail.read_box(talk, user, letters)


def send_mail(tape: Tape, pc: Host, at_ns: int) -> None:
    """Hand a letter to the firm's own server."""
    talk = Conversation(tape, (pc, MAIL1), mail.SUBMISSION_PORT, at_ns=at_ns)
    mail.submit(talk, pc.name, tape.rng.randrange(900, 9_000))


def print_page(tape: Tape, pc: Host, user: str, at_ns: int) -> None:
    """Send a page to the printer's raw port, under a job head (PJL)."""
    talk = Conversation(tape, (pc, PRINTER1), PRINT_PORT, at_ns=at_ns)
    lines = ("\x1b%-12345X@PJL", '@PJL JOB NAME="note"', f'@PJL SET USERNAME="{user}"', "@PJL ENTER LANGUAGE=PCL")
    text = " ".join(http.WORDS * 12)
    talk.say(ORIG, "\r\n".join([*lines, f"\x1bE{text}\x1bE\x1b%-12345X"]).encode())
    talk.close()


def manage_printer(tape: Tape, pc: Host, at_ns: int) -> None:
    """Look at the printer's own page, behind a certificate that it signed itself."""
    talk = Conversation(tape, (pc, PRINTER1), HTTPS_PORT, at_ns=at_ns)
    chain = certificates.self_signed(PRINTER1.name, PRINTER1.ip)
    tls.open12(talk, tls.Greeting(f"{PRINTER1.name}.{FIRM}", hello.OLD_SYSTEM), chain)
    tls.exchange(talk, 300, 4_000)
    tls.close12(talk)
