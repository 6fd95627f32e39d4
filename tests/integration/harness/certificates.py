"""An authority of our own, and what it signs."""
import ssl
import subprocess


def _openssl(*words):
    subprocess.run(["openssl", *(str(w) for w in words)], check=True,
                   capture_output=True)


class Authority:
    """In a folder: ca.pem, and NAME.pem with NAME.key of each that it was
    asked for."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj",
                 f"/CN=tests {name}", "-days", "9", "-keyout", self.key,
                 "-out", self.certificate)

    def sign(self, name, days=9):
        """Certificate and key, for 127.0.0.1 and localhost."""
        key, asked = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        signed, names = self.folder / f"{name}.pem", self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", key, "-out", asked)
        _openssl("x509", "-req", "-in", asked, "-CA", self.certificate,
                 "-CAkey", self.key, "-CAcreateserial", "-days", days,
                 "-extfile", names, "-out", signed)
        key.chmod(0o600)
        return signed, key

    def client(self, pair=None):
        """The context of a client that knows this authority alone."""
        context = ssl.create_default_context(cafile=self.certificate)
        if pair:
            context.load_cert_chain(*pair)
        return context
