"""Ports and users for new instances. Who asks holds the lock of all
instances and tells what the others have."""
import errno
import ipaddress
import os
import pwd
import random
import socket

from contract import Refusal
from instances import processes


def is_free(listen, port):
    """Whether a server may listen there now. Connections of the last one
    that are still dying do not matter: servers ignore them, too."""
    version = ipaddress.ip_address(listen).version
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((listen, port))
            # Two may bind with that option, but only one listens.
            s.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise Refusal(f"nothing can listen on {listen} "
                          f"({error.strerror}): set listen") from None
    return True


def choose(listen, numbers, taken):
    """One of a range, not always the same: others choose, too."""
    candidates = [n for n in numbers if n not in taken]
    random.SystemRandom().shuffle(candidates)
    for port in candidates:
        if is_free(listen, port):
            return port
    raise Refusal(f"no port from {numbers[0]} to {numbers[-1]} is free on "
                  f"{listen}: destroy instances, or set another range ports")


def choose_user(numbers, taken):
    """A number that no account, instance or process has; None where we are
    not root, since then servers run as we do. At random, since provisioners
    with other folders may have the same range."""
    if os.geteuid() != 0:
        return None
    candidates = [n for n in numbers if n not in taken]
    random.SystemRandom().shuffle(candidates)
    for uid in candidates:
        if not _is_account(uid) and not processes.has_processes(uid):
            return uid
    raise Refusal(f"all users from {numbers[0]} to {numbers[-1]} are taken: "
                  "destroy instances, or set another range uids")


def _is_account(uid):
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
