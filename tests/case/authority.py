"""A time-stamping authority for tests: openssl, with a key and a certificate made for the occasion."""

from __future__ import annotations

import shutil
import subprocess

import pytest

CONFIG = """
[req]
distinguished_name = dn
[dn]
[tsa_ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class OpensslAuthority:
    """Answers requests; `ca` is the certificate that a reader would trust."""

    def __init__(self, folder, kind="ec"):
        if shutil.which("openssl") is None:
            pytest.skip("no openssl here")
        self.folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "tsa.cnf").write_text(CONFIG)
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-newkey", "rsa:2048"]
        self.run("req", "-x509", *new_key, "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
        self.run("req", *new_key, "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA")
        self.run(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "tsa_ext"),
        )
        self.ca = folder / "ca.pem"

    def __call__(self, request):
        (self.folder / "q.tsq").write_bytes(request)
        self.run(
            *("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-signer", "tsa.pem"),
            *("-inkey", "tsa.key", "-chain", "ca.pem", "-out", "r.tsr"),
        )
        return (self.folder / "r.tsr").read_bytes()

    def run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)

    def verifies(self, data, answer):
        """Return whether openssl says that a stamp is one over a file."""
        words = ["openssl", "ts", "-verify", "-data", data, "-in", answer, "-CAfile", self.ca]
        return subprocess.run(list(map(str, words)), capture_output=True, check=False).returncode == 0
