"""The register's vocabulary in English and French."""

from __future__ import annotations

Words = dict[str, dict[str, str]]

CATEGORIES: Words = {
    "parcel_events": {"en": "parcel events (partner interface)", "fr": "événements de colis (interface partenaire)"},
    "trade_documents": {"en": "trade documents (EDI)", "fr": "documents commerciaux (EDI)"},
    "forms_and_files": {"en": "forms and files sent by web", "fr": "formulaires et fichiers envoyés par le web"},
    "mail": {"en": "mail", "fr": "courrier électronique"},
    "files": {"en": "files", "fr": "fichiers"},
    "database_contents": {"en": "database contents", "fr": "contenu de bases de données"},
    "telemetry": {"en": "telemetry and logs", "fr": "télémétrie et journaux"},
    "voice": {"en": "voice and video", "fr": "voix et vidéo"},
    "remote_access": {"en": "what remote access shows", "fr": "ce que montre l'accès distant"},
    "served_to_visitors": {"en": "pages served to visitors", "fr": "pages servies aux visiteurs"},
    "web_requests": {"en": "web requests", "fr": "requêtes web"},
    "unknown_protocol": {"en": "unknown protocol", "fr": "protocole inconnu"},
    "not_observable": {"en": "not observable (content hidden)", "fr": "non observable (contenu masqué)"},
}
MEANS: Words = {
    "upload": {"en": "upload", "fr": "envoi"},
    "api": {"en": "API", "fr": "API"},
    "edi": {"en": "EDI", "fr": "EDI"},
    "mail": {"en": "mail", "fr": "courriel"},
    "remote_access": {"en": "remote access", "fr": "accès distant"},
    "backup": {"en": "backup", "fr": "sauvegarde"},
    "telemetry": {"en": "telemetry", "fr": "télémétrie"},
    "voice": {"en": "call", "fr": "appel"},
}
VALUES: Words = {
    "yes": {"en": "yes", "fr": "oui"},
    "no": {"en": "no", "fr": "non"},
    "unknown": {"en": "unknown", "fr": "inconnu"},
    "high": {"en": "high", "fr": "élevée"},
    "medium": {"en": "medium", "fr": "moyenne"},
    "low": {"en": "low", "fr": "faible"},
    "no_evidence": {"en": "no evidence", "fr": "aucun indice"},
    "not_observable": {"en": "not observable", "fr": "non observable"},
    "not_declared": {"en": "observed, not declared", "fr": "observé, non déclaré"},
    "country_differs": {"en": "declared for another country", "fr": "déclaré pour un autre pays"},
    "no_adequacy": {
        "en": "declared adequate; no adequacy decision for the country observed",
        "fr": "déclaré adéquat ; aucune décision d'adéquation pour le pays observé",
    },
    "leaves_eea": {"en": "declared within the EEA; leaves it", "fr": "déclaré dans l'EEE ; en sort"},
    "not_known": {"en": "country not known", "fr": "pays inconnu"},
    "none_needed": {"en": "none needed: within the EEA", "fr": "aucun requis : dans l'EEE"},
    "adequacy": {"en": "adequacy decision", "fr": "décision d'adéquation"},
    "to_be_shown": {"en": "to be shown (SCC, BCR, Art. 49)", "fr": "à établir (CCT, BCR, art. 49)"},
    "not_personal": {"en": "not personal", "fr": "non personnel"},
    "system_not_seen": {
        "en": "a system that could send it was not seen in the captures",
        "fr": "un système qui pourrait l'envoyer n'apparaît pas dans les captures",
    },
    "recipients_not_known": {
        "en": "too much left to recipients whose group is not known",
        "fr": "trop de données sont parties vers des destinataires dont le groupe n'est pas connu",
    },
    "content_hidden": {"en": "too much of the content is hidden", "fr": "une trop grande part du contenu est masquée"},
    "case_partial": {"en": "reading stopped before the end", "fr": "la lecture s'est arrêtée avant la fin"},
    "bytes_lost": {
        "en": "too much of what left is missing from the captures",
        "fr": "une trop grande part de ce qui est sorti manque dans les captures",
    },
    "nothing_read": {"en": "nothing was read", "fr": "rien n'a été lu"},
    "would_have_been_seen": {
        "en": "it would have been seen in what was captured; nothing is said of other times and links",
        "fr": "cela aurait été vu dans ce qui a été capté ; rien n'est dit d'autres moments ni d'autres liens",
    },
}
TITLES: Words = {
    "register": {"en": "Register of observed transfers", "fr": "Registre des transferts observés"},
    "period": {"en": "Month", "fr": "Mois"},
    "exporter": {"en": "Exporting system", "fr": "Système exportateur"},
    "category": {"en": "Data", "fr": "Données"},
    "recipient": {"en": "Recipient group", "fr": "Groupe destinataire"},
    "located": {"en": "Located", "fr": "Situé"},
    "registered": {"en": "Registered", "fr": "Enregistré"},
    "controlling": {"en": "Controlled from", "fr": "Contrôlé depuis"},
    "means": {"en": "Means", "fr": "Moyen"},
    "bytes": {"en": "Sent", "fr": "Envoyé"},
    "records": {"en": "Messages", "fr": "Messages"},
    "clear": {"en": "Readable", "fr": "Lisible"},
    "legal": {"en": "Legal tool", "fr": "Outil juridique"},
    "declared": {"en": "Declared", "fr": "Déclaré"},
    "gap": {"en": "Gap", "fr": "Écart"},
    "evidence": {"en": "Evidence (flows)", "fr": "Preuves (flux)"},
    "names": {"en": "Names", "fr": "Noms"},
    "source": {"en": "Source", "fr": "Source"},
    "coverage": {"en": "What could be seen", "fr": "Ce qui a pu être vu"},
    "unseen": {"en": "Declared, not observed", "fr": "Déclaré, non observé"},
    "answer": {"en": "Answer", "fr": "Réponse"},
    "why": {"en": "Why", "fr": "Pourquoi"},
    "old": {"en": "OLD SOURCES", "fr": "SOURCES ANCIENNES"},
    "empty": {"en": "Nothing was seen to leave.", "fr": "Aucune sortie de données n'a été vue."},
    "no_sheet": {
        "en": "No sheet of declared transfers was given: gaps are not judged.",
        "fr": "Aucune liste de transferts déclarés n'a été donnée : les écarts ne sont pas jugés.",
    },
    "advice": {
        "en": "Facts for counsel, no legal advice. Located, registered and controlled are three questions: none of the "
        "answers stands for the others.",
        "fr": "Des faits pour le juriste, non un avis juridique. Situé, enregistré et contrôlé sont trois questions : "
        "aucune réponse ne vaut pour les autres.",
    },
    "span": {
        "en": "Captured from {first} to {last} UTC: {seen} of {systems} systems seen; {out} left, of which {known} to "
        "recipients of a known group and {clear} in protocols that can be read; {background} more went to update and "
        "clock services; {lost} left and are missing from the captures; {dropped} packets were lost while capturing.",
        "fr": "Capté du {first} au {last} UTC : {seen} systèmes vus sur {systems} ; {out} sortis, dont {known} vers "
        "des destinataires d'un groupe connu et {clear} dans des protocoles lisibles ; {background} de plus vers des "
        "services de mise à jour et d'heure ; {lost} sortis mais absents des captures ; {dropped} paquets perdus.",
    },
    "blind": {"en": "Not seen at all", "fr": "Jamais vus"},
    "partial": {
        "en": "Reading stopped before the end: what follows covers only what was read.",
        "fr": "La lecture s'est arrêtée avant la fin : ce qui suit ne couvre que ce qui a été lu.",
    },
}
LANGUAGES = ("en", "fr")


def said(language: str, word: str, words: Words = VALUES) -> str:
    """Return a word of the vocabulary in a language; a text that is none of it stands as it is."""
    return words.get(word, {}).get(language, word)
