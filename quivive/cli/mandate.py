"""quivive mandate, key, unmask: who may look at what, signed by two people."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from quivive.api import Lists

PASSPHRASE = "QUIVIVE_PASSPHRASE"
Flag = Annotated[bool, Parameter(negative="")]

app = App(name="mandate", help="Write, sign, check, withdraw and list mandates.", help_format="plaintext")
key_app = App(name="key", help="Make the keys that people sign with.", help_format="plaintext")


def _lists(settings: Path | None) -> Lists:
    from quivive import api

    return api.Lists.in_folder(settings)


def _passphrase(*, is_new: bool) -> str:
    """Return the passphrase of a key: from the environment, else from the person at the terminal."""
    import getpass

    from quivive.model.errors import UsageError

    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UsageError(f"the key is locked; give its passphrase at a terminal, or in {PASSPHRASE}")
    first = getpass.getpass("Passphrase of the key: ")
    if is_new and getpass.getpass("The same again: ") != first:
        raise UsageError("the two passphrases differ; try again")
    return first


def _unlocked(key: Path) -> str:
    """Return the passphrase of a key file, asked for only where it has one."""
    try:
        is_locked = b"ENCRYPTED" in key.read_bytes()
    except OSError:
        is_locked = False  # the key's reader says what is wrong
    return _passphrase(is_new=False) if is_locked else ""


@key_app.command(name="new")
def new_key(
    file: Path,
    *,
    id: str = "",
    name: str = "",
    role: str = "",
    locked: Flag = False,
    settings: Path | None = None,
) -> None:
    """Make a key to sign with; with --id and --role, add its owner to the list of signers.

    Parameters
    ----------
    file
        Where to write the private key; the public one goes beside it, as FILE.pub.
    id
        Short name of the owner, as mandates write it.
    name
        Name and office of the owner, for people.
    role
        security, dpo_or_legal or requester.
    locked
        Lock the key with a passphrase.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    passphrase = _passphrase(is_new=True) if locked else ""
    public = api.mandates.new_key(file, passphrase, owner=id, name=name, role=role, lists=_lists(settings))
    print(f"private key {file} (for its owner alone)\npublic key  {public}")


@app.command(name="new")
def new_mandate(
    file: Path,
    *answers: str,
    base: Annotated[Path | None, Parameter(name=["--from"])] = None,
    ask: Annotated[bool | None, Parameter(negative="--no-ask")] = None,
) -> None:
    """Write a mandate, question by question in plain words; it grants nothing until two people have signed it.

    Parameters
    ----------
    file
        Where to write it.
    answers
        Answers given beforehand, as KEY=VALUE: purpose=protect_station scope.networks=192.0.2.0/24
    base
        A mandate whose next version this is: everything is taken over, nothing is signed.
    ask
        Ask for what is not answered; by default at a terminal only.

    """
    from quivive import api
    from quivive.model.errors import UsageError

    if base is not None:
        made = api.mandates.next_version(base)
    else:
        given = dict(answer.split("=", 1) for answer in answers if "=" in answer)
        strange = [answer for answer in answers if "=" not in answer]
        unknown = sorted(set(given) - {question.path for question in api.mandates.questions.QUESTIONS})
        if strange or unknown:
            raise UsageError(f"{(strange + unknown)[0]!r} answers no question; write KEY=VALUE with a key of a mandate")
        asks = sys.stdin.isatty() if ask is None else ask
        made = api.mandates.draft(_asked(given) if asks else given)
    api.mandates.write(file, made, is_new=True)
    print(f"{file}: {made.mandate_id} version {made.version}, a draft. Read it, then have it signed by two people:")
    print(f"  quivive mandate sign {file} --key KEY   (once by security, once by the DPO or legal counsel)")


def _asked(given: dict[str, str]) -> dict[str, str]:
    """Ask what has not been answered; an answer that is none is asked for again."""
    from quivive import api
    from quivive.model.errors import MandateError

    answers = dict(given)
    for question in api.mandates.questions.QUESTIONS:
        while question.path not in answers:
            shown = "" if question.default is None else f" [{question.default or 'none'}]"
            answer = input(f"{question.text}{shown}: ").strip() or question.default
            try:
                if answer is not None:
                    question.read(answer, question.path)
                    answers[question.path] = answer
            except MandateError as error:
                print(f"  {error}")
    return answers


@app.command
def show(file: Path, *, settings: Path | None = None) -> None:
    """Show a mandate in plain lines: for what, where, until when, signed by whom.

    Parameters
    ----------
    file
        Mandate.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    for heading, text in api.mandates.show(file, _lists(settings)):
        print(f"{heading:<15} {text}")


@app.command
def sign(file: Path, *, key: Path, settings: Path | None = None) -> None:
    """Sign a mandate, or a request to open a pseudonym, with your key.

    Parameters
    ----------
    file
        Mandate or request.
    key
        Your private key.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    who = api.mandates.sign(file, key, _unlocked(key), _lists(settings))
    print(f"{file}: signed by {who}")


@app.command
def check(file: Path, *, settings: Path | None = None) -> None:
    """Say what a mandate grants now, or why it does not hold and how to mend it.

    Parameters
    ----------
    file
        Mandate.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    grant = api.mandates.grant_of(file, _lists(settings))
    print(f"{grant.title} holds until {grant.holds_until}: {', '.join(grant.levels)}, persons {grant.persons}")


@app.command
def revoke(file: Path, *, reason: str, key: Path, settings: Path | None = None) -> None:
    """Withdraw a mandate, in all its versions; one registered signature is enough.

    Parameters
    ----------
    file
        Mandate.
    reason
        Why.
    key
        Your private key.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    done = api.mandates.revoke(file, reason, key, _unlocked(key), _lists(settings))
    print(f"{done.mandate_id} is withdrawn by {done.id}")


@app.command(name="list")
def list_mandates(folder: Path = Path(), *, settings: Path | None = None) -> None:
    """List the mandates of a folder, and where each stands.

    Parameters
    ----------
    folder
        Folder with mandates.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api

    rows = api.mandates.listed(folder, _lists(settings))
    for row in rows:
        print(f"{row.mandate_id:<28} v{row.version:<3} {row.purpose:<22} until {row.until}  {row.state}  {row.file}")
    if not rows:
        print(f"no mandates in {folder}")


@app.command
def notice(
    kind: str,
    file: Path | None = None,
    *,
    language: str = "en",
    format: str = "md",
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Write a paper that follows from a mandate, or from this program itself.

    Parameters
    ----------
    kind
        staff_notice, processing_record, dpia, or capability (which needs no mandate).
    file
        Mandate.
    language
        en or fr.
    format
        md or html.
    out
        File to write; standard output by default.

    """
    from quivive import api

    text = api.notice(kind, language, format, mandate=file)
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")


def unmask(
    case: Path,
    pseudonym: str,
    *,
    mandate: Path,
    request: Path,
    reason: str = "",
    requester: str = "",
    settings: Path | None = None,
    pseudonym_key: Path | None = None,
) -> None:
    """Open one pseudonym of a case: first write a request, then, once two people have signed it, show the one name.

    Parameters
    ----------
    case
        Case folder.
    pseudonym
        The pseudonym, as a table shows it.
    mandate
        Mandate that grants names.
    request
        File of the request: written where there is none yet, opened where it has been signed.
    reason
        Why the name is needed.
    requester
        Who asks, as in the list of signers.
    pseudonym_key
        Key of the pseudonyms that the case was read with.
    settings
        Folder with the organisation's lists; by default your own.

    """
    from quivive import api
    from quivive.model.errors import UsageError

    lists = _lists(settings)
    if not request.exists():
        made = api.ask_to_unmask(case, pseudonym, reason, requester, mandate, lists=lists)
        api.mandates.write(request, made, is_new=True)
        print(f"{request}: have it signed by security and by the DPO or legal counsel, then run this again:")
        print(f"  quivive mandate sign {request} --key KEY")
        return
    if api.mandates.unmask.load(request).pseudonym != pseudonym:
        raise UsageError(f"{request} asks for another pseudonym than {pseudonym}")
    found = api.unmask(case, request, mandate, lists=lists, pseudonym_key=pseudonym_key)
    print(f"{found.pseudonym} is {found.name}\n\nSend this to the data protection officer:\n\n{found.notice}", end="")
