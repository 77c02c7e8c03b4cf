"""What a destination is: its registrable domain, and whether it only serves the machine itself (updates, clocks)."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Container
from typing import Any

NOT_A_PLACE = (
    r"^(0\.0\.0\.0|255\.255\.255\.255|(22[4-9]|23[0-9])\.[0-9.]+|169\.254\.[0-9.]+"
    r"|::|ff[0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)$"
)
"""Addresses that are nowhere: nobody, everybody (broadcast), a group (multicast), the same cable (link-local)."""

NAMES_KEPT = 65_536
"""Names whose domain is remembered; a day of a large network has fewer."""

MOST_LABELS = 5
"""Labels of the longest domain in any list."""

BACKGROUND = """
    windowsupdate.com update.microsoft.com delivery.mp.microsoft.com dsp.mp.microsoft.com do.dsp.mp.microsoft.com
    events.data.microsoft.com vortex.data.microsoft.com telemetry.microsoft.com settings-win.data.microsoft.com
    watson.microsoft.com watson.telemetry.microsoft.com smartscreen.microsoft.com wdcp.microsoft.com wd.microsoft.com
    msftconnecttest.com msftncsi.com time.windows.com activation.sls.microsoft.com officecdn.microsoft.com
    swcdn.apple.com swscan.apple.com swdist.apple.com mesu.apple.com gdmf.apple.com xp.apple.com time.apple.com
    push.apple.com captive.apple.com ocsp.apple.com metrics.apple.com updates.cdn-apple.com
    update.googleapis.com clients1.google.com clients2.google.com clientservices.googleapis.com
    safebrowsing.googleapis.com connectivitycheck.gstatic.com gvt1.com time.google.com crashlytics.com
    crashlyticsreports-pa.googleapis.com firebaselogging-pa.googleapis.com
    incoming.telemetry.mozilla.org aus5.mozilla.org detectportal.firefox.com services.mozilla.com
    archive.ubuntu.com security.ubuntu.com connectivity-check.ubuntu.com deb.debian.org security.debian.org
    download.fedoraproject.org mirrors.fedoraproject.org packages.microsoft.com
    digicert.com letsencrypt.org lencr.org pki.goog sectigo.com globalsign.com entrust.net identrust.com
    pool.ntp.org
"""
"""Services that a system talks to by itself: updates, clocks, certificate checks, reports to its maker."""
BACKGROUND_DOMAINS = frozenset(BACKGROUND.split())


@functools.cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # a list of 10,000 names, for who looks at one

    return PublicSuffixList()


@functools.lru_cache(maxsize=NAMES_KEPT)
def registrable_domain(name: str) -> str:
    """Return the part of a host name that somebody registered: example.co.uk of a.b.example.co.uk.

    An address or a name that is itself a public suffix is returned as it stands.
    """
    trimmed = name.rstrip(".").lower()
    if not trimmed or is_address(trimmed):
        return trimmed
    return _suffixes().privatesuffix(trimmed) or trimmed


@functools.lru_cache(maxsize=NAMES_KEPT)
def is_background(name: str) -> bool:
    """Return whether a host name is of a service that systems use by themselves."""
    return listed(name, BACKGROUND_DOMAINS) is not None


def listed(name: str, domains: Container[str]) -> str | None:
    """Return the longest of the domains that a host name is or lies below, None where it is below none."""
    labels = name.rstrip(".").lower().split(".")
    tails = (".".join(labels[start:]) for start in range(max(len(labels) - MOST_LABELS, 0), len(labels)))
    return next((tail for tail in tails if tail in domains), None)


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
