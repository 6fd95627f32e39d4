"""What the programs of a contract have in common (provisioners.md and
hooks.md in doc/reference): one JSON object from standard input, one to standard
output, exit status 0 when it was done."""
import configparser
import json
import os
import re
import sys
import traceback

REQUEST_MAX = 1024 * 1024
# A prefix and a ULID, as the server makes them.
ID = re.compile(r"[a-z]{1,4}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


class Refusal(Exception):
    """Why it was not done: a sentence that says what to do."""


def field(request, name, kind, default=None):
    """A member of the request; without a default it has to be there."""
    value = request.get(name)
    if value is None:
        if default is None:
            raise Refusal(f"the request has no {name}")
        return default
    # To Python true is a number.
    if not isinstance(value, kind) or (kind is int and value is True):
        raise Refusal(f"{name} of the request has another type")
    return value


def id_field(request, name="id"):
    value = field(request, name, str)
    if not ID.fullmatch(value):
        raise Refusal(f"{name} of the request is no id")
    return value


def read_config(path, is_required):
    """The INI file, which nobody but its owner may have written."""
    # Values are taken as they are: no interpolation, and no comment in them.
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    try:
        with open(path, encoding="utf-8") as file:
            _check_owner(path, os.fstat(file.fileno()))
            parser.read_file(file)
    except FileNotFoundError:
        if is_required:
            raise Refusal(f"there is no configuration {path}") from None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        text = " ".join(str(error).split())
        raise Refusal(f"{path} cannot be read: {text}") from None
    return parser


def _check_owner(path, stat):
    if stat.st_uid not in (0, os.geteuid()) or stat.st_mode & 0o022:
        raise Refusal(f"{path} may be written by others: it has to belong to "
                      "root, with mode 0644 or less")


def section(parser, name, known):
    """The keys of a section, which has to know them all. None: it is not
    there."""
    if not parser.has_section(name):
        return None
    values = dict(parser[name])
    for key in values:
        if key not in known:
            raise Refusal(f"[{name}] of the configuration has an unknown key "
                          f"{key}; there are {', '.join(sorted(known))}")
    return values


def _arguments(words, operations):
    usage = ("usage: %s [--config FILE] %s" % (
        os.path.basename(sys.argv[0]), "|".join(operations)))
    config = None
    if len(words) >= 2 and words[0] == "--config":
        config, words = words[1], words[2:]
    if len(words) != 1 or words[0] not in operations:
        raise Refusal(usage)
    return config, words[0]


def _read_request():
    text = sys.stdin.buffer.read(REQUEST_MAX + 1)
    if len(text) > REQUEST_MAX:
        raise Refusal("the request is longer than 1 MiB")
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal("the request is no JSON") from None
    if not isinstance(request, dict):
        raise Refusal("the request is no JSON object")
    return request


def _answer(reply):
    """One line, with one write: the whole answer or none."""
    text = json.dumps(reply, ensure_ascii=False).encode() + b"\n"
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def _because(error):
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return f"{type(error).__name__}, see the log"


def main(operations, load):
    """Runs the operation that the arguments name: a function of what
    load(path of the configuration or None) gives and of the request, which
    returns the answer."""
    # Whatever is made here is nobody else's, unless it says otherwise.
    os.umask(0o077)
    try:
        config, operation = _arguments(sys.argv[1:], operations)
        request = _read_request()
        reply = operations[operation](load(config), request)
    except Refusal as refusal:
        detail = str(refusal)
    except Exception as error:  # pylint: disable=broad-except
        # Where it happened, for the log; values are not told there.
        traceback.print_exc()
        detail = f"{operation} failed: {_because(error)}"
    else:
        _answer(reply)
        return 0
    _answer({"error": {"detail": detail}})
    return 1
