"""A time-stamp authority of our own: root, one between, and the signer; tokens over any digest.

Separate because several tests want tokens, good and bad ones. Made by openssl, no network.
"""

import subprocess

from cryptography.x509 import load_pem_x509_certificate

CONFIG = """[t]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./between.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
[stamping]
extendedKeyUsage = critical,timeStamping
[other]
extendedKeyUsage = critical,codeSigning
[ca]
basicConstraints = critical,CA:true
[req]
distinguished_name = dn
[dn]
"""


class StampAuthority:
    """root: its certificate, PEM."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.root = folder / "root.pem"
        (folder / "c.cnf").write_text(CONFIG)
        (folder / "serial").write_text("01")
        self._key("root", "-x509", "-extensions", "ca", "-days", "9", "-out", "root.pem")
        self._certificate("between", "root", "ca")
        self._certificate("tsa", "between", "stamping")

    def token(self, digest, name="sha256", certificates=True):
        """The DER of a token; certificates: whether those of the signer are in it."""
        query = ["ts", "-query", "-digest", digest.hex(), "-" + name, "-no_nonce"]
        self._openssl(*query, *(["-cert"] if certificates else []), "-out", "query")
        reply = ["ts", "-reply", "-config", "c.cnf", "-section", "t", "-queryfile", "query"]
        self._openssl(*reply, "-token_out", "-out", "token")
        return (self.folder / "token").read_bytes()

    def certificates(self, *names):
        """A PEM file of some of root, between, tsa."""
        path = self.folder / "-".join([*names, "some.pem"])
        path.write_text("".join((self.folder / f"{name}.pem").read_text() for name in names))
        return path

    def reissue(self, purpose):
        """again.pem: the signer's certificate once more, with the same number, for a purpose."""
        pem = (self.folder / "tsa.pem").read_bytes()
        number = str(load_pem_x509_certificate(pem).serial_number)
        signed = ["-CA", "between.pem", "-CAkey", "between.key", "-set_serial", number]
        made = ["-out", "again.pem", "-days", "5", "-extfile", "c.cnf", "-extensions", purpose]
        self._openssl("x509", "-req", "-in", "tsa.csr", *signed, *made)

    def _certificate(self, name, issuer, extensions):
        self._key(name, "-out", f"{name}.csr")
        signed = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
        made = ["-out", f"{name}.pem", "-days", "5", "-extfile", "c.cnf"]
        request = ["x509", "-req", "-in", f"{name}.csr"]
        self._openssl(*request, *signed, *made, "-extensions", extensions)

    def _key(self, name, *more):
        new = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key"]
        self._openssl(*new, "-subj", f"/CN={name}", "-config", "c.cnf", *more)

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)
