"""Logs into a MySQL or MariaDB server through its socket: that proves that
it serves, and that our account works. Of the protocol just that (manual of
MySQL's source, "Connection Phase")."""
import hashlib
import socket
import struct

# CLIENT_LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
_CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000
_UTF8MB4 = 45
_PACKET_MAX = 64 * 1024


class NotYet(Exception):
    """It does not let us in, or does not answer; why."""


class _Packets:
    def __init__(self, connection):
        self.connection = connection
        self.number = 0

    def read(self):
        head = self._exactly(4)
        length = int.from_bytes(head[:3], "little")
        self.number = head[3] + 1
        if length > _PACKET_MAX:
            raise NotYet("it sends no greeting of this protocol")
        return self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                raise NotYet("it closed the connection")
            data += more
        return data

    def write(self, payload):
        head = len(payload).to_bytes(3, "little")
        self.connection.sendall(head + bytes([self.number & 255]) + payload)

    def leave(self):
        """COM_QUIT begins a new row of packets."""
        self.number = 0
        self.write(b"\1")


def login(path, user, password, seconds):
    """The server's version. NotYet: it is not ready."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(seconds)
            s.connect(path)
            return _converse(_Packets(s), user, password.encode())
    except OSError as error:
        raise NotYet(error.strerror or "it does not answer") from None


def _converse(packets, user, password):
    greeting = packets.read()
    _fail_on_error(greeting)
    version, salt, plugin = _parse_greeting(greeting)
    packets.write(_response(user, password, salt, plugin))
    while True:
        reply = packets.read()
        _fail_on_error(reply)
        if reply[:1] == b"\0":
            packets.leave()
            # MariaDB tells old replicas that it was a 5.5.5.
            return version.removeprefix("5.5.5-")
        if reply[:1] == b"\xfe":
            name, _, rest = reply[1:].partition(b"\0")
            packets.write(_proof(name, password, rest.rstrip(b"\0")))
        elif reply == b"\x01\x04":
            # It wants the password itself; the socket is this host's.
            packets.write(password + b"\0")
        elif reply != b"\x01\x03":
            raise NotYet("it wants an unknown kind of login")


def _parse_greeting(data):
    if data[:1] != b"\x0a":
        raise NotYet("it speaks another version of the protocol")
    version, _, rest = data[1:].partition(b"\0")
    # Thread 4, salt 8, filler 1, capabilities 2, character set 1, status 2,
    # capabilities 2, length of the salt 1, reserved 10, salt, plugin.
    salt = rest[4:12] + rest[31:43]
    plugin = rest[44:].partition(b"\0")[0]
    return version.decode("utf-8", "replace"), salt, plugin


def _response(user, password, salt, plugin):
    if plugin not in (b"caching_sha2_password", b"mysql_native_password"):
        plugin = b"mysql_native_password"
    proof = _proof(plugin, password, salt)
    return (struct.pack("<IIB23x", _CAPABILITIES, _PACKET_MAX, _UTF8MB4)
            + user.encode() + b"\0" + bytes([len(proof)]) + proof
            + plugin + b"\0")


def _proof(plugin, password, salt):
    if plugin == b"mysql_native_password":
        first = hashlib.sha1(password).digest()
        mask = hashlib.sha1(salt + hashlib.sha1(first).digest()).digest()
    elif plugin == b"caching_sha2_password":
        first = hashlib.sha256(password).digest()
        twice = hashlib.sha256(first).digest()
        mask = hashlib.sha256(twice + salt).digest()
    else:
        raise NotYet(f"our account has the plugin {plugin.decode()}")
    return bytes(a ^ b for a, b in zip(first, mask))


def _fail_on_error(packet):
    if packet[:1] == b"\xff":
        text = packet[3:].decode("utf-8", "replace")
        raise NotYet(text[6:] if text[:1] == "#" else text)
