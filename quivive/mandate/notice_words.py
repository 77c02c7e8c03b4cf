"""The words of notices, English and French: purposes, levels, persons, what is protected, classes of records."""

from __future__ import annotations

from typing import Literal

from quivive.mandate.terms import Level, Persons, Protected, Purpose, Recipient

Language = Literal["en", "fr"]

PURPOSES: dict[Language, dict[Purpose, str]] = {
    "en": {
        Purpose.PROTECT_STATION: "to protect charging stations and kiosks against tampering and intrusion",
        Purpose.PROTECT_PREMISES: "to protect buildings and restricted areas",
        Purpose.DATA_OUTFLOW_REGISTER: "to know what data our systems send, where to and under whose control",
        Purpose.DOCUMENT_LEAK: "to detect whether protected documents leave the organisation",
        Purpose.INCIDENT_CASE: "to clear up one security incident",
    },
    "fr": {
        Purpose.PROTECT_STATION: "protéger les bornes et les kiosques contre l'altération et l'intrusion",
        Purpose.PROTECT_PREMISES: "protéger les bâtiments et les zones à accès restreint",
        Purpose.DATA_OUTFLOW_REGISTER: "savoir quelles données nos systèmes envoient, où et sous quel contrôle",
        Purpose.DOCUMENT_LEAK: "détecter la fuite de documents protégés",
        Purpose.INCIDENT_CASE: "élucider un incident de sécurité",
    },
}

LEVELS: dict[Language, dict[Level, str]] = {
    "en": {
        Level.L0: "who spoke to whom and how much (L0)",
        Level.L1: "names of services, headers and commands, without content (L1)",
        Level.L2: "fingerprints of protected documents (L2)",
        Level.L3: "content of the single message that a finding is about (L3)",
        Level.L4: "whole packets within the scope (L4)",
    },
    "fr": {
        Level.L0: "qui a communiqué avec qui et en quelle quantité (L0)",
        Level.L1: "noms de services, en-têtes et commandes, sans contenu (L1)",
        Level.L2: "empreintes de documents protégés (L2)",
        Level.L3: "contenu du seul message visé par un constat (L3)",
        Level.L4: "paquets entiers dans le périmètre (L4)",
    },
}

PERSONS: dict[Language, dict[Persons, str]] = {
    "en": {
        Persons.NONE: "not at all: names are left out",
        Persons.PSEUDONYMOUS: "under a pseudonym that this mandate does not allow to be opened",
        Persons.NAMED: "under a pseudonym; single names may be opened in this case by two signatures",
    },
    "fr": {
        Persons.NONE: "pas du tout : les noms sont omis",
        Persons.PSEUDONYMOUS: "sous un pseudonyme que ce mandat ne permet pas d'ouvrir",
        Persons.NAMED: "sous un pseudonyme ; un nom à la fois peut être ouvert dans ce dossier par deux signatures",
    },
}

PROTECTED: dict[Language, dict[Protected, str]] = {
    "en": {
        Protected.LAWYER: "exchanges with lawyers",
        Protected.UNION: "exchanges with unions and staff representatives",
        Protected.DOCTOR: "occupational health",
        Protected.WHISTLE_BLOWER: "the whistle-blower channel",
    },
    "fr": {
        Protected.LAWYER: "les échanges avec les avocats",
        Protected.UNION: "les échanges avec les syndicats et les représentants du personnel",
        Protected.DOCTOR: "la médecine du travail",
        Protected.WHISTLE_BLOWER: "le canal d'alerte",
    },
}

RECORDS: dict[Language, dict[str, str]] = {
    "en": {
        "raw": "packets",
        "flows": "flows and headers",
        "alerts": "findings",
        "badges": "badge passages",
        "case_after_closure": "a case, once it is closed",
    },
    "fr": {
        "raw": "paquets",
        "flows": "flux et en-têtes",
        "alerts": "constats",
        "badges": "passages de badges",
        "case_after_closure": "un dossier, une fois clos",
    },
}

RECIPIENTS: dict[Language, dict[Recipient, str]] = {
    "en": {Recipient.POLICE: "police", Recipient.COUNSEL: "counsel", Recipient.REGULATOR: "supervisory authority"},
    "fr": {Recipient.POLICE: "police", Recipient.COUNSEL: "avocat", Recipient.REGULATOR: "autorité de contrôle"},
}

PHRASES: dict[Language, dict[str, str]] = {
    "en": {
        "nobody": "nobody yet: this is a draft",
        "nobody outside": "nobody outside the organisation",
        "everywhere": "no site in particular",
        "personal": "mail and folders marked personal",
        "hosts": "{} excluded addresses or ranges",
        "domains": "{} excluded domains (such as banks and health)",
        "hours": ", {} to {} ({}), {}",
        "days": "{} days",
        "decrypt": "encrypted content: nothing is decrypted",
    },
    "fr": {
        "nobody": "personne encore : ceci est un projet",
        "nobody outside": "personne hors de l'organisation",
        "everywhere": "aucun site en particulier",
        "personal": "les courriels et dossiers marqués personnels",
        "hosts": "{} adresses ou plages exclues",
        "domains": "{} domaines exclus (banques, santé...)",
        "hours": ", de {} à {} ({}), {}",
        "days": "{} jours",
        "decrypt": "les contenus chiffrés : rien n'est déchiffré",
    },
}
