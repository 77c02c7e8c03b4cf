"""The classes of sensitive values: how one looks, what makes it valid, how often chance makes one valid.

random_share is the share of values of the right form that are valid by chance: measured, and used to tell a column of
such numbers from a column of others (see judge.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from quivive.sensitive import business, goods, money, vat

SEPARATORS = re.compile(r"[ .\-/\u00a0]")


@dataclass(frozen=True)
class SensitiveClass:
    """name: as reports say it; form: of the value without separators; context: words that stand near one in text.

    weight: what one such value adds to a message's score; needs_context: its form alone says too little
    """

    name: str
    form: re.Pattern[str]
    is_valid: Callable[[str], bool]
    random_share: float
    weight: float
    context: tuple[str, ...]
    is_personal: bool = False
    needs_context: bool = False

    def read(self, text: str) -> str:
        """Return a value as it is checked: capitals, without separators; nothing where it has not the form."""
        plain = text.strip().casefold() if self.name in CASED else SEPARATORS.sub("", text).upper()
        return plain if self.form.fullmatch(plain) else ""

    def holds(self, plain: str) -> bool:
        """Return whether a value that has the form is valid."""
        return self.is_valid(plain)


CASED = ("e-mail",)
"""Classes whose dots and dashes belong to the value."""


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _always(_: str) -> bool:
    return True


def is_mail(text: str) -> bool:
    """Return whether a text of the form of a mail address has lengths that RFC 5321 allows."""
    local, _, domain = text.rpartition("@")
    return len(local) <= 64 and len(domain) <= 253 and ".." not in text and not local.startswith(".")


def is_phone(text: str) -> bool:
    """Return whether a number with a plus has a country's code and E.164's length, and is not one digit repeated."""
    return text[1] != "0" and len(set(text[3:])) > 2


CLASSES = (
    SensitiveClass("IBAN", _form(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"), money.is_iban, 0.011, 5.0,
                   ("iban", "account", "compte", "konto", "bank"), is_personal=True),
    SensitiveClass("payment card", _form(r"\d{13,19}"), money.is_card, 0.02, 6.0,
                   ("card", "carte", "visa", "mastercard", "pan", "cvv"), is_personal=True),
    SensitiveClass("LEI", _form(r"[A-Z0-9]{18}\d{2}"), money.is_lei, 0.011, 1.0, ("lei", "legal entity")),
    SensitiveClass("VAT number", _form(r"[A-Z]{2}[0-9A-Z]{2,12}"), vat.is_vat, 0.05, 1.5,
                   ("vat", "tva", "mwst", "ust-id", "btw", "iva")),
    SensitiveClass("EORI", _form(r"[A-Z]{2}[0-9A-Z]{1,15}"), vat.is_eori, 0.05, 2.0, ("eori",), needs_context=True),
    SensitiveClass("SIRET", _form(r"\d{14}"), business.is_siret, 0.011, 1.0, ("siret",)),
    SensitiveClass("SIREN", _form(r"\d{9}"), business.is_siren, 0.1, 1.0, ("siren", "rcs"), needs_context=True),
    SensitiveClass("USCC", _form(r"[0-9ABCDEFGHJKLMNPQRTUWXY]{18}"), business.is_uscc, 0.033, 1.0,
                   ("uscc", "credit code", "统一社会信用代码")),
    SensitiveClass("NIR", _form(r"[12]\d{4}(?:\d{2}|2[AB])\d{8}"), business.is_nir, 0.011, 8.0,
                   ("nir", "sécurité sociale", "securite sociale", "insee"), is_personal=True),
    SensitiveClass("Belgian national number", _form(r"\d{11}"), business.is_belgian_person, 0.004, 8.0,
                   ("national number", "rijksregister", "registre national", "nrn", "niss"), is_personal=True),
    SensitiveClass("container", _form(r"[A-Z]{3}[UJZ]\d{7}"), goods.is_container, 0.1, 2.0,
                   ("container", "conteneur", "equipment", "eqd")),
    SensitiveClass("postal item", _form(r"[A-Z]{2}\d{9}[A-Z]{2}"), goods.is_postal_item, 0.1, 2.0,
                   ("tracking", "parcel", "colis", "mailno", "item", "pci")),
    SensitiveClass("SSCC", _form(r"(?:00)?\d{18}"), goods.is_pallet, 0.1, 1.5, ("sscc", "pallet", "palette")),
    SensitiveClass("GTIN", _form(r"\d{13,14}"), goods.is_article, 0.1, 0.5, ("gtin", "ean", "article", "barcode")),
    SensitiveClass("air waybill", _form(r"\d{11}"), goods.is_air_waybill, 0.1, 2.0, ("awb", "air waybill", "lta"),
                   needs_context=True),
    SensitiveClass("IMEI", _form(r"\d{15}"), goods.is_device, 0.1, 4.0, ("imei", "device"), is_personal=True),
    SensitiveClass("VIN", _form(r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}"), goods.is_vehicle, 0.1, 2.0,
                   ("vin", "chassis", "châssis", "vehicle")),
    SensitiveClass("tariff code", _form(r"\d{6}(?:\d{2}){0,2}"), goods.is_tariff_code, 0.95, 1.0,
                   ("hs", "tariff", "taric", "commodity", "pia+5", "hscode", "nomenclature"), needs_context=True),
    SensitiveClass("e-mail", _form(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*"
                                   r"\.[a-z]{2,24}"), is_mail, 0.001, 2.0, ("mail",), is_personal=True),
    SensitiveClass("phone", _form(r"\+\d{8,15}"), is_phone, 0.5, 2.0, ("phone", "tel", "mobile", "téléphone"),
                   is_personal=True),
)  # fmt: skip
BY_NAME = {one.name: one for one in CLASSES}
